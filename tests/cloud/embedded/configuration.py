# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The services' configuration files: what each of them needs on one machine, and nothing more."""

from __future__ import annotations

import base64
import secrets
import shutil
from collections.abc import Mapping
from typing import Any

from tests.cloud.embedded import cells, policies
from tests.cloud.embedded.layout import Layout, url

SCHEDULER_FILTERS = (
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
    "AggregateInstanceExtraSpecsFilter",
)

SERVICE_TYPES = {"nova": "compute", "placement": "placement", "glance": "image"}

Sections = Mapping[str, Mapping[str, Any]]


def render(sections: Sections) -> str:
    """The text of an INI file; true and false are written as oslo.config reads them."""
    lines = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        lines += [
            f"{key} = {str(value).lower() if isinstance(value, bool) else value}" for key, value in values.items()
        ]
    return "\n".join(lines) + "\n"


def write_all(layout: Layout) -> None:
    """Write the files of every service but the hosts' own ones."""
    for name, sections in {
        "keystone.conf": keystone(layout),
        "placement.conf": placement(layout),
        "glance-api.conf": glance(layout),
        "nova.conf": nova(layout),
        "nova-databases.conf": nova_databases(layout),
        f"nova-{cells.CONDUCTOR2}.conf": conductor2(layout),
    }.items():
        (layout.etc / name).write_text(render(sections), encoding="utf-8")
    for repository in ("fernet-keys", "credential-keys"):
        folder = layout.etc / repository
        folder.mkdir(mode=0o700)
        for number in range(2):
            key = folder / str(number)
            key.touch(mode=0o600)
            key.write_bytes(base64.urlsafe_b64encode(secrets.token_bytes(32)))
    shutil.copy(layout.venv / "etc" / "nova" / "api-paste.ini", layout.etc / "api-paste.ini")
    # Glance before 2025.1 reads it from beside its configuration.
    shutil.copy(layout.venv / "etc" / "glance" / "glance-api-paste.ini", layout.etc / "glance-api-paste.ini")


def write_host(layout: Layout, host: str, vcpus: int) -> None:
    """Write what one nova-compute has for itself; its own state_path holds its identity."""
    state = layout.state / "nova" / host
    state.mkdir(exist_ok=True)
    settings = layout.settings
    bus = cells.transport(settings, cells.of_host(settings, host))
    default = {"host": host, "state_path": state, "transport_url": bus}
    sections: Sections = {"DEFAULT": default, "embedded": {"vcpus": vcpus}}
    (layout.etc / f"nova-{host}.conf").write_text(render(sections), encoding="utf-8")


def credentials(layout: Layout, user: str) -> dict[str, Any]:
    settings = layout.settings
    return {
        "auth_type": "password",
        "auth_url": url(settings.port, "keystone"),
        "username": user,
        "password": settings.password,
        "project_name": "service",
        "user_domain_id": "default",
        "project_domain_id": "default",
        "region_name": "RegionOne",
    }


def token_check(layout: Layout, user: str) -> dict[str, Any]:
    return {
        **credentials(layout, user),
        "service_type": SERVICE_TYPES[
            user
        ],  # or it could not judge by access rules, and would refuse all that have some
        "www_authenticate_uri": url(layout.settings.port, "keystone"),
        "service_token_roles_required": True,
    }


def keystone(layout: Layout) -> Sections:
    keys = layout.etc / "fernet-keys"
    return {
        "DEFAULT": {"transport_url": "fake:///"},
        "database": {"connection": layout.database("keystone")},
        "auth": {"methods": "password,token,application_credential,totp"},
        "identity": {"password_hash_rounds": 4},  # the least there is: each login hashes once
        "token": {"provider": "fernet"},
        "cache": {"enabled": True, "backend": "dogpile.cache.memory"},
        "fernet_tokens": {"key_repository": keys},
        "fernet_receipts": {"key_repository": keys},
        "credential": {"key_repository": layout.etc / "credential-keys"},
        "oslo_policy": {"enforce_scope": True},
    }


def placement(layout: Layout) -> Sections:
    return {
        "api": {"auth_strategy": "keystone"},
        "placement_database": {"connection": layout.database("placement")},
        "keystone_authtoken": token_check(layout, "placement"),
        "oslo_policy": {"policy_file": policies.placement_file(layout)},
    }


def glance(layout: Layout) -> Sections:
    state = layout.state
    return {
        "DEFAULT": {
            "transport_url": "fake:///",
            "enabled_backends": "fs:file",
            "workers": 0,
            "enabled_import_methods": "[]",
        },
        "database": {"connection": layout.database("glance")},
        "glance_store": {"default_backend": "fs"},
        "fs": {"filesystem_store_datadir": state / "images"},
        "os_glance_staging_store": {"filesystem_store_datadir": state / "staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": state / "tasks"},
        "paste_deploy": {
            "flavor": "keystone",
            "config_file": layout.etc / "glance-api-paste.ini",
        },
        "keystone_authtoken": token_check(layout, "glance"),
        "oslo_concurrency": {"lock_path": state / "lock"},
    }


def nova(layout: Layout) -> Sections:
    settings = layout.settings
    user = credentials(layout, "nova")
    return {
        "DEFAULT": {
            "host": "controller",
            "my_ip": "127.0.0.1",
            "transport_url": cells.transport(settings, "cell1"),
            "state_path": layout.state / "nova",
            "compute_driver": "embedded.EmbeddedDriver",
            "enable_new_services": not settings.new_services_disabled,
            "max_concurrent_live_migrations": settings.max_live_migrations,
            # A host counts as down soon, but not because a busy machine delayed a heartbeat or two.
            "report_interval": 2,
            "service_down_time": 10 + settings.conductor_lag,  # the conductor dates heartbeats
            "rpc_response_timeout": 60,
            "long_rpc_timeout": 120,
            # A full host is full.
            "cpu_allocation_ratio": 1.0,
            "ram_allocation_ratio": 1.0,
            "disk_allocation_ratio": 1.0,
            "reserved_host_memory_mb": 0,
            # What a cloud does every ten minutes, a test cannot wait for.
            "periodic_fuzzy_delay": 2,
            "update_resources_interval": 10,
            "sync_power_state_interval": 10,
            "running_deleted_instance_poll_interval": 30,
            "running_deleted_instance_action": "reap",
            "log_options": False,
            "default_log_levels": "sqlalchemy=WARN,oslo_messaging=INFO,keystoneauth=WARN,urllib3=WARN,stevedore=WARN",
        },
        "quota": dict.fromkeys(
            ("instances", "cores", "ram", "metadata_items", "server_groups", "server_group_members"), -1
        ),
        "api": {"auth_strategy": "keystone"},
        "wsgi": {"api_paste_config": layout.etc / "api-paste.ini"},
        "keystone_authtoken": token_check(layout, "nova"),
        "oslo_policy": {"policy_file": policies.nova_file(layout)},
        "service_user": {**user, "send_service_user_token": True},
        "placement": {**user, "endpoint_override": url(settings.port, "placement")},  # never through the front
        "glance": {**user, "num_retries": 1},
        "neutron": user,
        "cinder": user,
        "filter_scheduler": {"enabled_filters": ",".join(SCHEDULER_FILTERS)},
        "conductor": {"workers": 1},
        "compute": {"live_migration_wait_for_vif_plug": False},
        "vnc": {"enabled": False},
        "oslo_concurrency": {"lock_path": layout.state / "lock"},
        "embedded": {
            "store": layout.store,
            "memory_mb": settings.memory_mb,
            "migration_seconds": settings.migration_seconds,
        },
    }


def nova_databases(layout: Layout) -> Sections:
    """Only the controller's services may know the databases: nova-compute refuses to start with [api_database]."""
    return {
        "database": {
            "connection": layout.database(cells.DATABASES["cell1"]),
            # A process that first meets a cell while it is down would try for 100 s.
            "max_retries": 1,
            "retry_interval": 1,
        },
        "api_database": {"connection": layout.database("nova_api")},
    }


def conductor2(layout: Layout) -> Sections:
    """What the second cell's conductor has for itself: its cell's bus and database."""
    databases = nova_databases(layout)
    return {
        **databases,
        "DEFAULT": {"host": "controller-cell2", "transport_url": cells.transport(layout.settings, "cell2")},
        "database": {**databases["database"], "connection": layout.database(cells.DATABASES["cell2"])},
    }
