# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""The report of a roll, as JSON and as one HTML page.

build           the report as data, from the record of the roll and Nova's migrations
guest_checks    the part on the guests, from the samples of the probe
holds           the part on what held the roll, and who asked for what
versions        the part on what hosts ran before, and run now
html_template   what the HTML page shows: its sections, tables and columns
html_style      how it looks
render          the page, from the report and the template; where bars lie on the time line
files           report.json and report.html in the folder of the roll
"""
