# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's services as roles of a forked process: api, conductor, scheduler, compute, and cells (once, then done)."""

from __future__ import annotations

import os
import shlex
import sys
import uuid
from typing import Any

from embedded.inside.web_services import serve
from embedded.layout import Layout, listener_port


def load() -> None:
    """Import all that a Nova service needs, before any configuration is read."""
    import nova.monkey_patch

    nova.monkey_patch.patch(backend="threading")
    import nova.api.openstack.compute.routes  # noqa: F401
    import nova.api.openstack.wsgi_app  # noqa: F401
    import nova.cmd.compute  # noqa: F401
    import nova.cmd.conductor  # noqa: F401
    import nova.cmd.scheduler  # noqa: F401
    import nova.compute.manager  # noqa: F401
    import nova.conductor.manager  # noqa: F401
    import nova.scheduler.host_manager  # noqa: F401
    import nova.scheduler.manager  # noqa: F401

    from embedded.inside import virt_driver

    sys.modules["nova.virt.embedded"] = virt_driver  # Nova takes drivers from its own namespace only


def play(layout: Layout, role: str, name: str) -> bool:
    """Start the role in this process; True when it then serves in threads of its own."""
    import nova.conf
    from nova import config, objects
    from oslo_log import log as logging
    from oslo_service import opts as service_opts

    own = f"nova-{name}.conf" if role == "compute" else "nova-databases.conf"
    files = [layout.etc / "nova.conf", layout.etc / own]
    sys.argv = ["nova"] + [argument for file in files for argument in ("--config-file", str(file))]
    config.parse_args(sys.argv)
    logging.setup(nova.conf.CONF, "nova")
    service_opts.register_service_opts(nova.conf.CONF)
    objects.register_all()
    objects.Service.enable_min_version_cache()
    ROLES[role](layout, name)
    return role != "cells"


def start(binary: str, topic: str, **options: Any) -> None:
    from nova import service

    service.Service.create(binary=binary, topic=topic, **options).start()


def api(layout: Layout, name: str) -> None:
    os.environ["OS_NOVA_CONFIG_DIR"] = str(layout.etc)
    from nova.api.openstack import wsgi_app

    wsgi_app.init_global_data = lambda *_arguments: None  # done in `play`
    application = wsgi_app.init_application("osapi_compute", "nova-api")
    # Two processes, as a real API has several: what a caller waits for is then Nova and not one interpreter's lock.
    serve(application, listener_port(layout.settings.port, "nova"), threads=16, workers=2)


def conductor(layout: Layout, name: str) -> None:
    from nova.conductor import rpcapi

    start("nova-conductor", rpcapi.RPC_TOPIC)


def scheduler(layout: Layout, name: str) -> None:
    from nova.scheduler import rpcapi

    start("nova-scheduler", rpcapi.RPC_TOPIC)


def compute(layout: Layout, name: str) -> None:
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
    start("nova-compute", rpcapi.RPC_TOPIC, host=name, topic_alt=getattr(rpcapi, "RPC_TOPIC_ALT", None))


def cells(layout: Layout, name: str) -> None:
    """What `nova-manage cell_v2` does: make the two cells when they are missing, then map the new hosts."""
    import nova.conf
    from nova import context, objects
    from nova.objects import host_mapping

    admin = context.get_admin_context()
    known = {cell.uuid for cell in objects.CellMappingList.get_all(admin)}
    if objects.CellMapping.CELL0_UUID not in known:
        objects.CellMapping(
            admin,
            uuid=objects.CellMapping.CELL0_UUID,
            name="cell0",
            transport_url="none:///",
            database_connection=layout.database("nova_cell0"),
        ).create()
        objects.CellMapping(
            admin,
            uuid=str(uuid.uuid4()),
            name="cell1",
            transport_url=nova.conf.CONF.transport_url,
            database_connection=layout.database("nova"),
        ).create()
    host_mapping.discover_hosts(admin)


ROLES = {role.__name__: role for role in (api, conductor, scheduler, compute, cells)}
