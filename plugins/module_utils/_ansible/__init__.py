# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""The edge to Ansible: the options of a cloud, check mode and results in one place, the module process."""
