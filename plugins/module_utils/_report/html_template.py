# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The template of the HTML report: text of jinja2, in a Python file because a module carries nothing else.

What it shows is the report as ``build`` makes it: a new column of a table is a ``th`` in its ``thead`` and a ``td`` in
its row. How it looks is in ``html_style``. Bars are placed in percent, so the time line fits any width. What a colour
says, a word or a pattern says too.
"""

from __future__ import annotations

TEMPLATE = """\
{% macro bar(phase) -%}
<svg x="{{ phase.x }}%" y="1" width="{{ phase.width }}%" height="16">
<title>{{ phase.phase }}: {{ phase.outcome }}\
{% if phase.seconds is not none %}, {{ phase.seconds | duration }}{% endif %}, \
from {{ phase.begin | time }}</title>
<rect class="phase {{ phase.phase }} {{ phase.outcome }}" width="100%" height="100%"/>
{% if phase.outcome in ("failed", "interrupted") %}
<rect fill="url(#{{ phase.outcome }})" width="100%" height="100%"/>
{% endif %}
<text x="4" y="12">{% if phase.outcome == "failed" %}\u2717 {% elif phase.outcome != "done" %}\u2026 {% endif %}\
{{ phase.phase }}</text></svg>
{%- endmacro %}
{% macro hold(bar) -%}
<svg x="{{ bar.x }}%" y="{{ bar.y }}" width="{{ bar.width }}%" height="16">
<title>{{ bar.what }} for {{ bar.seconds | duration }}, from {{ bar.begin | time }}: {{ bar.reason }}</title>
<rect class="hold {{ bar.what }}" width="100%" height="100%"/>
<text x="4" y="12">{{ bar.what }}</text></svg>
{%- endmacro %}
{% macro axis(fine=false) %}
<svg class="axis" height="18" aria-hidden="true">
{{ labels(marks, "coarse") }}{% if fine %}{{ labels(finer_marks, "fine") }}{% endif %}
</svg>
{% endmacro %}
{% macro labels(marks, kind) %}
<g class="{{ kind }}">
{% for mark in marks %}
<text x="{{ mark.x }}%" y="13"{% if mark.x > 92 %} text-anchor="end"{% endif %}>{{ mark.text }}</text>
{% endfor %}
</g>
{% endmacro %}
{% macro fact(label, value, note="") %}
<div><dt>{{ label }}</dt><dd><b>{{ value }}</b>{% if note %} <small>{{ note }}</small>{% endif %}</dd></div>
{% endmacro %}
{% macro versions(of, done, others_changed) -%}
<bdi>{{ of.before or "?" }}</bdi>\
{% if of.after and of.before == of.after %}\
{% if done %} <small{% if others_changed %} class="state left"{% endif %}>as before</small>{% endif %}\
{% elif done or of.after %} \u2192 <bdi>{{ of.after or "?" }}</bdi>{% endif %}
{%- endmacro %}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Rolling upgrade of {{ roll.pool }}: {{ roll.outcome }}</title>
<style>
{{ style | safe }}</style>
</head>
<body>
<svg width="0" height="0" style="position: absolute" aria-hidden="true"><defs>
<pattern id="failed" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="3" height="6" fill="#c0212b"/></pattern>
<pattern id="interrupted" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="2" height="6" fill="#12161d" fill-opacity=".55"/></pattern>
<g id="grid">{% for mark in marks %}\
<line class="grid" x1="{{ mark.x }}%" x2="{{ mark.x }}%" y1="0" y2="100%"/>{% endfor %}</g>
</defs></svg>
<header>
<h1>Rolling upgrade of <bdi>{{ roll.pool }}</bdi>
<span class="state {{ roll.outcome }}">{{ roll.outcome }}</span></h1>
<p>{{ roll.begin | time }} to \
{% if roll.end is none %}now ({{ roll.until | time }}){% else %}{{ roll.end | time }}{% endif %} UTC, \
by <bdi>{{ roll.owner }}</bdi> <span class="faint">roll <bdi>{{ roll.id }}</bdi>, \
tasks <bdi>{{ roll.upgrade }}</bdi></span></p>
{% if roll.expected_end %}
<p>Will be over at about {{ roll.expected_end | time }} UTC.</p>
{% endif %}
{% if roll.reason %}
<p>{{ "Waiting" if roll.outcome == "waiting" else "Stopped" }}: <bdi>{{ roll.reason }}</bdi></p>
{% endif %}
{% if roll.outcome == "waiting" %}
<p>Nothing failed. The same command goes on from {{ roll.next_window | time }} UTC.</p>
{% endif %}
{% if roll.outcome == "interrupted" %}
<p>The process that ran it is gone and never said why. The same command again goes on with it.</p>
{% endif %}
{% for moment in roll.resumed %}
<p>Gone on with at {{ moment | time }} UTC.</p>
{% endfor %}
</header>
<main>
<dl>
{{ fact("Duration", roll.seconds | duration, "so far" if roll.end is none else "") }}
{% if roll.forecast %}
{{ fact("Forecast of the last run" if roll.resumed else "Forecast", roll.forecast.seconds | duration,
        roll.forecast.error | deviation) }}
{% endif %}
{% if totals.forecast_error is not none %}
{{ fact("Error of forecasts", totals.forecast_error ~ " %", "median of hosts") }}
{% endif %}
{{ fact("Hosts done", totals.hosts.done ~ " of " ~ totals.hosts.all,
        totals.hosts.failed ~ " failed" if totals.hosts.failed else "") }}
{{ fact("Servers moved", totals.servers) }}
{{ fact("Moves as planned", totals.moves.as_planned ~ " of " ~ totals.moves.planned,
        totals.moves.unplanned ~ " otherwise" if totals.moves.unplanned else "") }}
{{ fact("Moves back", totals.moves.home) }}
{{ fact("Moves that failed", totals.moves.failed, totals.moves.aborted ~ " aborted" if totals.moves.aborted else "") }}
{% if totals.longest_migration %}
{{ fact("Longest migration", totals.longest_migration.seconds | duration,
        totals.longest_migration.name | truncate(40) | isolated) }}
{% endif %}
{% if totals.longest_host %}
{{ fact("Longest host", totals.longest_host.seconds | duration, totals.longest_host.host) }}
{% endif %}
{% if probe %}
{{ fact("Guests that always answered", (probe.guests | length - silent | length) ~ " of " ~ probe.guests | length,
        "longest gap " ~ probe.longest_gap | duration if probe.longest_gap else "") }}
{% endif %}
</dl>
<section>
<h2>What needs attention</h2>
{% set troubled = hosts | selectattr("outcome", "in", ["failed", "interrupted", "left out"]) | list %}
{% if not (troubled or totals.left or totals.away or wrong or silent or lost or roll.kept_back
           or roll.versions.not_changed) %}
<p>Nothing.</p>
{% endif %}
<ul>
{% for host in troubled %}
<li><b><bdi>{{ host.host }}</bdi></b> {{ host.outcome }}\
{% if host.phases %} in its {{ host.phases[-1].phase }}{% endif %}\
{% if host.failure %}: <bdi>{{ host.failure }}</bdi>{% endif %}\
{% if host.handed_back %} It was handed back, and is in service.{% endif %}\
{% if host.evidence %} What Nova says of it is in <bdi>{{ host.evidence }}</bdi>, beside this page.{% endif %}</li>
{% endfor %}
{% for guest in lost[:shown] %}
<li>The guest <bdi>{{ guest.name }}</bdi> on <bdi>{{ guest.host }}</bdi> answered last at {{ guest.since | time }}, \
and no more at {{ guest.at | time }}\
{% if guest.aborted %}; its migration was aborted at {{ guest.aborted | time }}{% endif %}</li>
{% endfor %}
{% if lost | length > shown %}
<li>{{ lost | length - shown }} more guests answered no more.</li>
{% endif %}
{% for host in hosts %}
{% for server in host.left %}
<li><bdi>{{ server.name or server.id }}</bdi> stayed on <bdi>{{ host.host }}</bdi> while it was drained: \
<bdi>{{ server.reason }}</bdi></li>
{% endfor %}
{% for server in host.away %}
<li><bdi>{{ server.name or server.id }}</bdi> was not brought back to <bdi>{{ host.host }}</bdi>: \
<bdi>{{ server.reason }}</bdi></li>
{% endfor %}
{% endfor %}
{% for sentence in roll.kept_back %}
<li><bdi>{{ sentence }}</bdi></li>
{% endfor %}
{% for sentence in roll.versions.not_changed %}
<li><bdi>{{ sentence }}</bdi></li>
{% endfor %}
{% if silent %}
<li>Guests that did not always answer: {{ silent | length }}, see below.</li>
{% endif %}
</ul>
{% if wrong %}
<div class="scroll"><table class="wide">
<caption class="faint"><span>Moves that failed, were aborted, or were not planned so\
{% if wrong | length > shown %} ({{ shown }} of {{ wrong | length }}){% endif %}</span></caption>
<thead><tr><th scope="col">Server</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Outcome</th>
<th scope="col">Planned</th><th scope="col">Began</th><th scope="col" class="number">Took</th></tr></thead>
<tbody>
{% for move in wrong[:shown] %}
<tr><td><bdi>{{ move.name }}</bdi></td><td>{{ move.source or "" }}</td><td>{{ move.target or "" }}</td>
<td>{{ move.outcome }} <small>{{ move.status }}</small></td><td>{{ "yes" if move.planned else "no" }}</td>
<td>{{ move.begin | time }}</td>
<td class="number">{{ "" if move.seconds is none else move.seconds | duration }}</td></tr>
{% endfor %}
</tbody></table></div>
{% endif %}
</section>
{% if holds or controls or roll.ramp or roll.approve or not_told %}
<section>
<h2>What held it</h2>
<p>{% if roll.ramp %}Ramp: {{ roll.ramp | join(", then ") }} at once\
{% if roll.soak %}, and {{ roll.soak | duration }} of soak after each step{% endif %}. {% endif %}
{% if roll.approve %}It waits for an approval after \
{{ "its first host" if roll.approve == "first" else "each host" }}.{% endif %}</p>
<ul>
{% for control in controls %}
<li>{{ control.at | time }}: <b>{{ control.action }}</b>, asked by <bdi>{{ control.who }}</bdi>\
{% if control.reason %}: <bdi>{{ control.reason }}</bdi>{% endif %}</li>
{% endfor %}
{% for notice in not_told %}
<li>{{ notice.at | time }}: nobody was told: <bdi>{{ notice.reason }}</bdi></li>
{% endfor %}
</ul>
{% if holds %}
<div class="scroll"><table class="wide">
<caption class="faint"><span>Times in which no host began, or one waited at its gate\
{% if holds | length > shown %} (the first {{ shown }} of {{ holds | length }}){% endif %}</span></caption>
<thead><tr><th scope="col">From</th><th scope="col" class="number">Lasted</th><th scope="col">What</th>
<th scope="col">Host</th><th scope="col">Why</th></tr></thead>
<tbody>
{% for wait in holds[:shown] %}
<tr><td class="tight">{{ wait.begin | time }}</td>
<td class="number tight">{{ wait.seconds | duration }}{% if wait.end is none %} so far{% endif %}</td>
<td>{{ wait.what }}</td>
<td class="tight"><bdi>{{ wait.host or "" }}</bdi></td><td><bdi>{{ wait.reason }}</bdi></td></tr>
{% endfor %}
</tbody></table></div>
{% endif %}
</section>
{% endif %}
<section>
<h2>Timeline</h2>
<ul class="legend">
{% for phase in ("drain", "upgrade", "verify", "return") %}
<li><svg width="22" height="12" aria-hidden="true"><rect class="{{ phase }}" width="22" height="12"/></svg>\
{{ phase }}</li>
{% endfor %}
<li><svg width="22" height="12" aria-hidden="true"><rect class="upgrade" width="22" height="12"/>
<rect fill="url(#failed)" width="22" height="12"/></svg>failed</li>
<li><svg width="22" height="12" aria-hidden="true"><rect class="upgrade" width="22" height="12"/>
<rect fill="url(#interrupted)" width="22" height="12"/></svg>interrupted</li>
{% for kind, text in (("done", "move as planned, or back"), ("other", "move not planned"), ("failed", "move failed"),
                      ("aborted", "move aborted"), ("under", "move under way")) %}
<li><svg width="22" height="7" aria-hidden="true">\
<rect class="move {{ kind }}" x="1" y="1" width="20" height="5"/></svg>{{ text }}</li>
{% endfor %}
</ul>
{% if lengths > 8 %}
<input type="checkbox" class="stretch" id="stretch"><label for="stretch"> Stretch the time line</label>
{% endif %}
<div class="scroll"><table class="time wide" style="--lengths: {{ lengths }}">
<thead><tr><th scope="col">Host</th><th scope="col"><span class="faint">time, UTC</span>\
{{ axis(lengths > 8) }}</th></tr></thead>
<tbody>
{% if hold_bars %}
<tr class="holds"><th scope="row">held<br><small>{{ holds | length }} times</small></th>
<td><svg height="{{ 18 + (hold_bars | map(attribute="y") | max) }}" role="img"><title>What held the roll</title>
<use href="#grid"/>
{% for wait in hold_bars %}
{{ hold(wait) }}
{% endfor %}
</svg></td></tr>
{% endif %}
{% for lane in lanes %}
{% set host = lane.host %}
<tr class="lane"><th scope="row"><bdi>{{ host.host }}</bdi>
<span class="state {{ host.outcome }}">{{ host.outcome }}</span>\
{% if host.phases %}<br><small>{{ host.seconds | duration }}, {{ host.moves }} moves</small>{% endif %}</th>
<td><svg height="{{ lane.height }}" role="img"><title>{{ host.host | isolated }}: {{ host.outcome }}</title>
<use href="#grid"/>
{% for phase in lane.phases %}
{{ bar(phase) }}
{% endfor %}
{% for move in lane.moves %}
<rect class="move {{ move.outcome if move.planned or move.outcome != "done" else "other" }}" x="{{ move.x }}%" \
y="{{ move.y }}" width="{{ move.width }}%" height="5"><title>{{ move.name | isolated }} from {{ move.source or "?" }} \
to {{ move.target or "?" }}: {{ move.outcome }}\
{% if move.seconds is not none %}, {{ move.seconds | duration }}{% endif %}\
{{ ", brought back" if move.home else "" if move.planned else ", not planned" }}</title></rect>
{% endfor %}
</svg></td></tr>
{% endfor %}
</tbody></table></div>
</section>
{% set tried = hosts | selectattr("canaries") | list %}
{% if tried %}
<section>
<h2>Canaries</h2>
<p>A throw-away server tried each of these hosts before it was back in service.</p>
<div class="scroll"><table class="wide">
<thead><tr><th scope="col">Host</th><th scope="col">Outcome</th><th scope="col">Way</th>\
<th scope="col" class="number">Took</th>{% if probe %}<th scope="col" class="number">Silent</th>{% endif %}</tr></thead>
<tbody>
{% for host in tried %}
{% for canary in host.canaries %}
<tr><th scope="row"><bdi>{{ host.host }}</bdi></th>\
<td><span class="state {{ canary.outcome }}">{{ canary.outcome }}</span></td>
<td>\
{% for stop in canary.stops %}{{ ", " if not loop.first }}\
{{ stop.how }} {{ "to" if stop.how == "live-migrated" else "on" }} \
<bdi>{{ stop.host }}</bdi> <small>{{ (stop.end - stop.begin) | duration }}</small>{% endfor %}\
{% if canary.failure %}{{ "; " if canary.stops }}<bdi>{{ canary.failure }}</bdi>{% endif %}</td>
<td class="number">{% if canary.end %}{{ (canary.end - canary.begin) | duration }}{% endif %}</td>
{% if probe %}<td class="number">\
{% if canary.silent is not none %}{{ canary.silent | duration }}{% endif %}</td>{% endif %}</tr>
{% endfor %}
{% endfor %}
</tbody></table></div>
</section>
{% endif %}
{% if probe %}
<section>
<h2>Guests</h2>
<p>{{ probe.guests | length }} guests were checked in {{ probe.rounds }} rounds, at most \
{{ probe.longest_between_rounds | duration }} apart: {{ probe.samples }} samples, {{ probe.failures }} of them failed.
{% if silent %}
A gap lasts from the last good answer to the next one.{% if silent | length > shown %} The {{ shown }} guests with the \
longest gaps of {{ silent | length }} are shown.{% endif %}
{% else %}
Every guest always answered.
{% endif %}
</p>
{% if silences %}
<div class="scroll"><table class="time wide">
<thead><tr><th scope="col">Guest</th><th scope="col"><span class="faint">time, UTC</span>{{ axis() }}</th></tr></thead>
<tbody>
{% for guest in silences %}
<tr class="guest"><th scope="row"><bdi>{{ guest.name }}</bdi><br><small>\
{% if not guest.answered %}never answered{% else %}longest gap {{ guest.longest_gap | duration }}{% endif %}, \
{{ guest.failures }} of {{ guest.samples }} failed</small></th>
<td><svg height="22" role="img"><title>{{ guest.name | isolated }}: {{ guest.gaps | length }} gaps</title>
<use href="#grid"/>
{% for gap in guest.bars %}
<rect class="gap" x="{{ gap.x }}%" y="4" width="{{ gap.width }}%" height="12"><title>no good answer for \
{{ gap.seconds | duration }}{% if gap.end is none %} and more{% endif %} from {{ gap.begin | time }}: \
{{ gap.message }}</title></rect>
{% endfor %}
</svg></td></tr>
{% endfor %}
</tbody></table></div>
<ul>
{% for guest in silences[:20] %}
<li><bdi>{{ guest.name }}</bdi>: <bdi>{{ guest.gaps[0].message }}</bdi></li>
{% endfor %}
</ul>
{% endif %}
{% set gone = probe.guests | selectattr("lost") | list %}
{% if gone %}
<p>Not checked to the end, because they were deleted or did not run any more: \
{% for guest in gone[:shown] %}<bdi>{{ guest.name }}</bdi> (until {{ guest.last | time }})\
{{ ", " if not loop.last }}{% endfor %}\
{% if gone | length > shown %} and {{ gone | length - shown }} more{% endif %}.</p>
{% endif %}
</section>
{% endif %}
<section>
<h2>Hosts</h2>
<p class="faint">When the run began: {{ roll.basis }}. What its hosts took counts for those after them.</p>
{% if roll.versions.changed %}
<ul>
{% for sentence in roll.versions.changed %}
<li><bdi>{{ sentence }}</bdi></li>
{% endfor %}
</ul>
{% endif %}
<div class="scroll"><table class="wide hosts">
<thead><tr><th scope="col">Host</th><th scope="col">Outcome</th><th scope="col" class="number">Turn</th>
<th scope="col" class="number">Drain</th><th scope="col" class="number">Upgrade</th>
<th scope="col" class="number">Verify</th><th scope="col" class="number">Return</th>
<th scope="col" class="number">Together</th><th scope="col" class="number">Forecast</th>
<th scope="col" class="number">Moves</th>\
{% for kind in version_kinds %}<th scope="col">{{ kind | capitalize }}</th>{% endfor %}</tr></thead>
<tbody>
{% for host in hosts %}
<tr><th scope="row"><bdi>{{ host.host }}</bdi></th><td>{{ host.outcome }}</td>
<td class="number">{{ host.turn or "" }}</td>
{% for name in ("drain", "upgrade", "verify", "return") %}
<td class="number">\
{% for phase in host.phases if phase.phase == name %}{{ "" if loop.first else " + " }}\
{{ "\u2026" if phase.seconds is none else phase.seconds | duration }}\
{{ "" if phase.outcome in ("done", "under way") else " " ~ phase.outcome }}{% endfor %}</td>
{% endfor %}
<td class="number">{{ host.seconds | duration if host.phases else "" }}</td>
<td class="number">{% if host.forecast %}{{ host.forecast.seconds | duration }}\
{% if host.forecast.error is not none %} <small>{{ host.forecast.error | deviation }}</small>{% endif %}{% endif %}</td>
<td class="number">{{ host.moves }}</td>\
{% for kind in version_kinds %}<td>{{ versions(host[kind], host.outcome == "done", kind in changed_kinds) }}</td>\
{% endfor %}</tr>
{% endfor %}
</tbody></table></div>
</section>
</main>
</body>
</html>
"""
