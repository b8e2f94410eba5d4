# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How the HTML report looks: light and dark, in narrow windows, and on paper."""

from __future__ import annotations

STYLE = """\
:root { --page: #fff; --ink: #1a2230; --faint: #566275; --line: #d7dde6; --soft: #f3f5f8;
  --drain: #2f64ad; --upgrade: #9a5206; --verify: #7548ad; --return: #23724a; --move: #66768d; --other: #0b7285;
  --bad: #c0212b; --warn: #a15c00; --good: #1d7a46; }
@media (prefers-color-scheme: dark) {
  :root { --page: #12161d; --ink: #e3e8ef; --faint: #9aa6b8; --line: #2d3542; --soft: #1a202a;
    --drain: #3d73bd; --upgrade: #a9610f; --verify: #8459bd; --return: #2c8157; --move: #8494ab; --other: #22a0b6;
    --bad: #f0616a; --warn: #e0a03c; --good: #4cc38a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 110rem; background: var(--page); color: var(--ink);
  font: 14px/1.45 system-ui, sans-serif; }
bdi { overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } small, .faint { color: var(--faint); font-size: .85em; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .5rem; margin: 1rem 0; }
dl > div { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .5rem .75rem; }
dt { color: var(--faint); font-size: .85em; } dd { margin: 0; } dd b { font-size: 1.15em; }
.state { border: 1px solid currentcolor; border-radius: 1em; padding: 0 .6em; font-size: .8em; white-space: nowrap;
  font-weight: 600; }
.done { color: var(--good); } .failed, .interrupted, .stopped { color: var(--bad); }
.under, .waiting, .left { color: var(--warn); } .not, .nothing { color: var(--faint); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid var(--line); }
thead th { position: sticky; top: 0; background: var(--page); color: var(--faint); font-weight: 500; z-index: 1; }
tbody th { font-weight: 600; } .wide tbody th { position: sticky; left: 0; background: var(--page); min-width: 6rem; }
.time bdi { display: -webkit-inline-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden;
  vertical-align: bottom; }
.fine, .stretch:checked ~ .scroll .coarse { display: none; } .stretch:checked ~ .scroll .fine { display: inline; }
.stretch:checked ~ .scroll > .time { min-width: calc(13rem + var(--lengths) * 9rem); }
td.number, th.number { text-align: right; } td.tight { white-space: nowrap; }
td.tight bdi { overflow-wrap: normal; }
.time { table-layout: fixed; } .time thead th:first-child { width: 13rem; }
.time td, .time thead th + th { padding: 0; }
th small { font-weight: 400; } .time tbody th { line-height: 1.25; } .time tbody th .state { font-size: .7em; }
.time svg { display: block; overflow: hidden; } .time td > svg, svg.axis { width: 100%; }
.axis text { fill: var(--faint); font-size: 11px; }
.grid { stroke: var(--line); }
.phase { stroke: none; } .phase + text, .phase + rect + text { fill: #fff; font-size: 11px; }
.drain { fill: var(--drain); } .upgrade { fill: var(--upgrade); }
.verify { fill: var(--verify); } .return { fill: var(--return); }
.hold { fill: var(--soft); stroke: var(--warn); stroke-width: 3; }
.hold.gate { stroke: var(--bad); stroke-dasharray: 4 3; } .hold.soak { stroke: var(--move); }
.hold.approval { stroke-dasharray: 2 2; } .hold + text { fill: var(--ink); font-size: 11px; }
.phase.failed { stroke: var(--bad); stroke-width: 4; } .phase.under { stroke: var(--warn); stroke-width: 3;
  stroke-dasharray: 4 3; }
.move { fill: var(--move); stroke: var(--move); stroke-width: 1; }
.move.other { fill: var(--other); stroke: var(--other); }
.move.failed { fill: var(--bad); stroke: var(--bad); } .move.aborted { fill: var(--page); stroke: var(--bad); }
.move.under { fill: var(--page); stroke: var(--warn); stroke-dasharray: 3 2; }
.gap { fill: var(--bad); stroke: var(--bad); stroke-width: 1; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; margin: .5rem 0; }
.legend svg { vertical-align: -2px; margin-right: .35em; }
.scroll { overflow: auto; max-height: 94vh; } .wide { min-width: 48rem; } .wide.hosts { min-width: 72rem; }
ul { margin: .25rem 0; padding-left: 1.2rem; }
caption { text-align: left; } caption span { display: inline-block; max-width: calc(100vw - 3rem); }
@media (max-width: 40rem) {
  body { padding: 1rem; } dl { grid-template-columns: repeat(2, minmax(0, 1fr)); } dd { overflow-wrap: anywhere; }
  .time thead th:first-child { width: 9rem; } }
@media print {
  @page { size: landscape; margin: 10mm; }
  :root { --page: #fff; --ink: #000; --faint: #444; --line: #ccc; --soft: #fff; font-size: 10px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 9px; padding: 0; } .scroll { max-height: none; overflow: visible; }
  .wide, .wide.hosts { min-width: 0; } .wide tbody th { position: static; }
  .stretch, .stretch + label { display: none; }
  .time thead th:first-child { width: 14rem; } .time svg text { font-size: 8px; }
  h2 { break-after: avoid; } tr, li, dl > div { break-inside: avoid; } }
"""
