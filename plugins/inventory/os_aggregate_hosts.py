# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: os_aggregate_hosts
short_description: The compute hosts of an OpenStack cloud, grouped by host aggregate
description:
  - Makes an inventory of the hosts on which C(nova-compute) runs. Their names are those that Nova knows them by.
  - The file that configures it must have a name that ends in C(os_aggregate_hosts.yml) or C(os_aggregate_hosts.yaml).
  - Each host is in the groups C(aggregate_NAME) of all its aggregates, in C(availability_zone_NAME), in
    C(service_enabled) or C(service_disabled), and in C(service_up) or C(service_down). What Ansible does not allow in
    the name of a group becomes an underscore.
  - Where two aggregates or two zones would become one group, there is a warning instead of the group, so that no play
    runs on more hosts than it names.
  - The cloud is asked four times (token, services, hypervisors, aggregates), once more for each further thousand hosts,
    and once more each where the O(auth) URL or the catalog's names no version.
author:
  - The stackops.aggregates contributors (@stackops)
extends_documentation_fragment:
  - stackops.aggregates.cloud
  - constructed
  - inventory_cache
options:
  plugin:
    description:
      - Says that the file is for this plugin.
    type: str
    required: true
    choices: [stackops.aggregates.os_aggregate_hosts]
  aggregates:
    description:
      - Only the members of these aggregates, each given by name, uuid or integer id. A name goes before an id.
      - One that does not exist is an error, so that a misspelt name is not an empty inventory.
    type: list
    elements: str
  availability_zones:
    description:
      - Only hosts in these zones. One that does not exist is an error.
    type: list
    elements: str
  service_status:
    description:
      - Only hosts whose compute service is enabled, or only those where it is disabled.
    type: str
    choices: [enabled, disabled]
  service_state:
    description:
      - Only hosts whose compute service is up, or only those where it is down.
    type: str
    choices: [up, down]
notes:
  - >-
    The variables of a host, which are also what O(compose), O(groups) and O(keyed_groups) can use, all begin with
    C(nova_): so they meet no variable of another inventory, C(nova_host) is what the roles of this collection find a
    host by, and they are short in O(keyed_groups). Their parts are those of M(stackops.aggregates.os_host_info).
  - C(nova_host) is the name of the host as its compute service spells it.
  - C(nova_availability_zone) is its zone.
  - >-
    C(nova_service) is its compute service, with C(id), C(binary), C(status), C(state), C(disabled_reason),
    C(forced_down) and C(updated_at).
  - >-
    C(nova_hypervisor) is its hypervisor, with C(id), C(name), C(type), C(version) (a number such as V(8002000)),
    C(host_ip) (the address that the host itself names to Nova) and C(servers_count). It is nothing where there is none,
    and for bare metal, where one service has many.
  - >-
    C(nova_aggregates) is the list of its aggregates, with C(id), C(uuid), C(name), C(availability_zone) and
    C(metadata).
  - >-
    C(nova_aggregate_metadata) holds by key the list of the values that its aggregates give it, as Nova's scheduler sees
    them.
  - >-
    Names of compute hosts can often not be resolved where Ansible runs. Set C(ansible_host) with O(compose), from
    C(nova_hypervisor.host_ip) or from the name.
  - >-
    Ansible compiles each expression of O(compose), O(groups) and O(keyed_groups) anew for each host, which for a
    thousand hosts takes about half a second of CPU time an expression.
  - >-
    What comes from the cloud is never evaluated as a template, neither in variables nor in what O(compose), O(groups)
    and O(keyed_groups) make of them.
  - >-
    A host is left out, with a warning, when its name is C(localhost) or that of a group, or no name of a host at all:
    any C(nova-compute) can register under any name.
  - >-
    Strings and dictionaries among the options that say which cloud may be templates or encrypted with Ansible Vault.
  - >-
    The cache holds what the cloud answered and no credentials. Filters and groups are made anew from it, and it is kept
    apart for each C(auth_url) and region.
  - >-
    A setting that this plugin does not have is an error, so that a misspelt filter does not let every host through.
seealso:
  - module: stackops.aggregates.os_host_info
  - module: stackops.aggregates.os_aggregate_info
"""

EXAMPLES = r"""
---
# All compute hosts of the cloud that OS_CLOUD or clouds.yaml names, in pool.os_aggregate_hosts.yml.
plugin: stackops.aggregates.os_aggregate_hosts
---
# Hosts of two aggregates that can be worked on, reached by the address that they name to Nova.
plugin: stackops.aggregates.os_aggregate_hosts
cloud: production
aggregates: [nvme, gpu]
service_state: up
compose:
  ansible_host: nova_hypervisor.host_ip
  ansible_user: "'ops'"
---
# Reached by a name of the management network; more groups, by what Nova knows.
plugin: stackops.aggregates.os_aggregate_hosts
cloud: production
strict: true
compose:
  ansible_host: nova_host ~ '.mgmt.example.com'
keyed_groups:
  - key: nova_hypervisor.version | string  # hypervisor_8002000
    prefix: hypervisor
  - key: nova_aggregate_metadata.tier | default([])  # tier_gold
    prefix: tier
groups:
  compute: true
  empty: nova_hypervisor.servers_count == 0
  in_maintenance: (nova_service.disabled_reason or '').startswith('stackops:')
---
# Asked once in ten minutes.
plugin: stackops.aggregates.os_aggregate_hosts
cloud: production
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible/compute
cache_timeout: 600
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils._ansible.execute import Info, execute, missing_library
from ..module_utils._ansible.options import CLOUD_OPTIONS
from ..module_utils._errors import CloudConfigError, CloudError, Refused
from ..module_utils._inventory import FORMAT, Filters, groups, snapshot, unusable, variables_by_host
from ..module_utils._openstack.chosen_cloud import resolve
from ..module_utils._openstack.cloud import Cloud, connect
from ..module_utils._text import listed, printable

Hosts = Mapping[str, Mapping[str, Any]]


def observe(cloud: Cloud, _params: Mapping[str, Any]) -> Info:
    """Observe everything that an inventory is made of."""
    nova = cloud.nova
    return Info({"snapshot": snapshot(nova.services(), nova.hypervisors(), nova.aggregates())})


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """The inventory plugin. Its hosts, variables and groups are decided in ``module_utils/_inventory.py``."""

    NAME = "stackops.aggregates.os_aggregate_hosts"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(("os_aggregate_hosts.yml", "os_aggregate_hosts.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._check_settings(self._read_config_data(path))
        if library := missing_library():
            raise AnsibleParserError(missing_required_lib(library))
        filters = Filters(
            *map(self.get_option, ("aggregates", "availability_zones", "service_status", "service_state"))
        )
        try:
            hosts = variables_by_host(self._snapshot(path, cache), filters)
        except (Refused, CloudConfigError, CloudError) as error:
            raise AnsibleParserError(printable(str(error))) from None
        self._add(self._usable(hosts))

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse settings that this plugin does not have, which Ansible itself ignores."""
        known = set(self.option_definitions)
        for option in self.option_definitions.values():
            known.update(option.get("aliases") or ())
        if unknown := sorted(set(settings) - known):
            raise AnsibleParserError(
                f"The plugin {self.NAME} has no option {', '.join(unknown)}: see ansible-doc -t inventory {self.NAME}."
            )

    def _snapshot(self, path: str, cache: bool) -> Any:
        """Return the snapshot of the cloud, new or from the cache.

        It is cached as text: to Ansible's cache a dictionary with the key ``__ansible_type`` is a type of its own, and
        an aggregate may have metadata with that key.

        :param cache: whether the cache may be read; False if it is to be made anew.
        """
        options = self._cloud_options()
        if not self.get_option("cache"):
            return self._observe(options)
        key = f"{self.get_cache_key(path)}_{_cloud_key(options)}"
        if not cache or key not in self.cache:
            self.cache[key] = {"snapshot": json.dumps(self._observe(options))}
        return json.loads(self.cache[key]["snapshot"])

    def _cloud_options(self) -> dict[str, Any]:
        """Return the options that say which cloud; their templates are evaluated, for the operator wrote this file."""
        given = {name: self.get_option(name) for name in CLOUD_OPTIONS}
        return {
            name: self.templar.template(value) if isinstance(value, str | Mapping) else value
            for name, value in given.items()
        }

    def _observe(self, options: Mapping[str, Any]) -> Any:
        failed, result, warnings = execute(observe, connect, options, check_mode=False)
        for warning in warnings:
            self.display.warning(warning)
        if failed:
            raise AnsibleParserError(result["msg"])
        return result["snapshot"]

    def _usable(self, hosts: Hosts) -> Hosts:
        """Leave out, with a warning, hosts whose names would mean something else to Ansible."""
        safe = self._sanitize_group_name
        own_groups, _warnings = groups(hosts, safe)
        wanted_groups = map(safe, self.get_option("groups"))
        left_out = unusable(hosts, [*constants.LOCALHOST, *self.inventory.groups, *own_groups, *wanted_groups])
        if left_out:
            self._warn(
                f"Left out of the inventory, for their names would mean something else: {listed(map(repr, left_out))}."
            )
        return {name: variables for name, variables in hosts.items() if name not in left_out}

    def _warn(self, text: str) -> None:
        self.display.warning(printable(text))

    def _add(self, hosts: Hosts) -> None:
        """Add the hosts with their variables, the groups of this plugin, and those that the operator's options make."""
        strict = self.get_option("strict")
        for name, variables in hosts.items():
            self.inventory.add_host(name)
            for variable, value in variables.items():
                self.inventory.set_variable(name, variable, value)
            self._set_composite_vars(self.get_option("compose"), variables, name, strict)
        own_groups, warnings = groups(hosts, self._sanitize_group_name)
        for group, members in own_groups.items():
            self.inventory.add_group(group)
            for name in members:
                self.inventory.add_child(group, name)
        for warning in warnings:
            self._warn(warning)
        for name in hosts:
            variables = self.inventory.get_host(name).get_vars()
            self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict, fetch_hostvars=False)
            self._add_host_to_keyed_groups(
                self.get_option("keyed_groups"), variables, name, strict, fetch_hostvars=False
            )


def _cloud_key(options: Mapping[str, Any]) -> str:
    """Return a short name for the cloud, made of its address and not of the credentials, for a file of the cache."""
    settings = resolve(options)
    text = json.dumps([FORMAT, settings.address, *astuple(settings.services["compute"])])
    return hashlib.sha256(text.encode()).hexdigest()[:12]
