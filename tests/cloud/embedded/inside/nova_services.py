# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's services as roles of a forked process: api, conductor, scheduler, compute; cells and policies, once."""

from __future__ import annotations

import functools
import os
import shlex
import sys
import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.cloud.embedded.cells import DATABASES, transport
from tests.cloud.embedded.cells import names as cell_names
from tests.cloud.embedded.inside import compat, uwsgi
from tests.cloud.embedded.inside.web_services import serve
from tests.cloud.embedded.layout import Layout, listener_port
from tests.cloud.embedded.policies import adopt, check

Then = Callable[[], object]  # what a process does once it serves


def load() -> None:
    """Import all that a Nova service needs, before any configuration is read."""
    compat.patch_nova()
    import nova.api.openstack.compute.routes  # noqa: F401
    import nova.api.openstack.wsgi_app  # noqa: F401
    import nova.cmd.compute  # noqa: F401
    import nova.cmd.conductor  # noqa: F401
    import nova.cmd.scheduler  # noqa: F401
    import nova.compute.manager  # noqa: F401
    import nova.conductor.manager  # noqa: F401
    import nova.scheduler.host_manager  # noqa: F401
    import nova.scheduler.manager  # noqa: F401

    from tests.cloud.embedded.inside import virt_driver

    sys.modules["nova.virt.embedded"] = virt_driver  # Nova takes drivers from its own namespace only


def play(layout: Layout, role: str, name: str) -> Then | None:
    """Start the role in this process. Returns what to do for ever after, None for a role that is done."""
    import nova.conf
    from nova import config, objects
    from oslo_log import log as logging

    own = layout.etc / f"nova-{name}.conf"
    files = [layout.etc / "nova.conf", own if own.exists() else layout.etc / "nova-databases.conf"]
    sys.argv = ["nova"] + [argument for file in files for argument in ("--config-file", str(file))]
    config.parse_args(sys.argv)
    logging.setup(nova.conf.CONF, "nova")
    compat.register_service_opts(nova.conf.CONF)
    objects.register_all()
    objects.Service.enable_min_version_cache()
    return ROLES[role](layout, name)


def start(binary: str, topic: str, **options: Any) -> Then:
    """Start a service, which serves in threads of its own."""
    from nova import service

    compat.call_known(service.Service.create, binary=binary, topic=topic, **options).start()
    return threading.Event().wait


def api(layout: Layout, name: str) -> Then:
    os.environ["OS_NOVA_CONFIG_DIR"] = str(layout.etc)
    from nova.api.openstack import wsgi_app

    wsgi_app.init_global_data = lambda *_arguments: None  # done in `play`
    application = compat.call_known(wsgi_app.init_application, "osapi_compute", "nova-api")
    port = listener_port(layout.settings.port, "nova2" if name == "api2" else "nova")
    if layout.settings.api == "uwsgi":
        return uwsgi.server(application, port)
    # Two processes, as a real API has several: what a caller waits for is then Nova and not one interpreter's lock.
    serve(application, port, threads=16, workers=2)
    return threading.Event().wait


def conductor(layout: Layout, name: str) -> Then:
    from nova.conductor import rpcapi

    lag_behind(layout.settings.conductor_lag)

    return start("nova-conductor", rpcapi.RPC_TOPIC)


def lag_behind(seconds: int) -> None:
    """Let this process date whatever it writes as a machine does whose clock is that much behind."""
    from oslo_utils import timeutils

    utcnow = timeutils.utcnow

    @functools.wraps(utcnow)  # with its attributes, which older releases of it read
    def behind(*arguments: Any, **options: Any) -> datetime:
        return utcnow(*arguments, **options) - timedelta(seconds=seconds)

    timeutils.utcnow = behind


def scheduler(layout: Layout, name: str) -> Then:
    from nova.scheduler import rpcapi

    return start("nova-scheduler", rpcapi.RPC_TOPIC)


def compute(layout: Layout, name: str) -> Then:
    import nova.db.main.api
    import os_vif
    from nova import utils
    from nova.compute import rpcapi
    from nova.conductor import rpcapi as conductor_rpcapi
    from nova.objects import base as objects_base
    from oslo_privsep import priv_context

    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    os_vif.initialize()
    nova.db.main.api.DISABLE_DB_ACCESS = True
    objects_base.NovaObject.indirection_api = conductor_rpcapi.ConductorAPI()
    return start("nova-compute", rpcapi.RPC_TOPIC, host=name, topic_alt=getattr(rpcapi, "RPC_TOPIC_ALT", None))


def cells(layout: Layout, name: str) -> None:
    """What `nova-manage cell_v2` does: make the cells when they are missing, then map the new hosts."""
    from nova import context, objects
    from nova.objects import host_mapping

    admin = context.get_admin_context()

    def create(cell: str, key: str, bus: str, database: str) -> None:
        values = {"transport_url": bus, "database_connection": layout.database(database)}
        objects.CellMapping(admin, uuid=key, name=cell, **values).create()

    known = {cell.uuid for cell in objects.CellMappingList.get_all(admin)}
    if objects.CellMapping.CELL0_UUID not in known:
        create("cell0", objects.CellMapping.CELL0_UUID, "none:///", "nova_cell0")
        for cell in cell_names(layout.settings):
            create(cell, str(uuid.uuid4()), transport(layout.settings, cell), DATABASES[cell])
    host_mapping.discover_hosts(admin)


def policies(layout: Layout, name: str) -> None:
    """See that the policy files were made for this Nova; for that of an older release, make one."""
    from nova.policies import list_rules

    rules = {rule.name: rule.check_str for rule in list_rules()}
    if layout.settings.release:
        adopt(layout, rules)
    else:
        check(rules)


ROLES = {role.__name__: role for role in (api, conductor, scheduler, compute, cells, policies)}
