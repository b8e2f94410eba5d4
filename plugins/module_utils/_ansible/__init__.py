# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""Where the collection meets Ansible.

* ``options``: the options that say which cloud
* ``masking``: secrets are hidden in texts
* ``execute``: predict or apply the work of a module; its result and its failures
* ``module``: the same in a module process
"""
