# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's fake virt driver made to behave like a host: `compute_driver = embedded.EmbeddedDriver`.

What it adds: guests, images and the hypervisor's version live in the hypervisors' store, so that they outlive a killed
nova-compute; live migrations take time, report progress, hand over in one step, can be aborted, and fail on request;
vCPUs, memory and disk are limited; node uuids are stable. How to make it misbehave: tests/cloud/README.md.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nova.conf
import nova.virt.node
from nova import exception
from nova.context import RequestContext
from nova.objects.instance import Instance
from nova.objects.migrate_data import LiveMigrateData
from nova.objects.migration import Migration
from nova.virt import fake
from oslo_config import cfg

from tests.cloud.embedded.hypervisors import PAUSED, RUNNING, SHUTDOWN, Hypervisors, NotThere
from tests.cloud.embedded.inside.guests import GuestsAboard
from tests.cloud.embedded.transfer import Progress

CONF = nova.conf.CONF
CONF.register_opts(
    [
        cfg.StrOpt("store"),
        cfg.IntOpt("vcpus"),
        cfg.IntOpt("memory_mb"),
        cfg.IntOpt("local_gb", default=1000),
        cfg.FloatOpt("migration_seconds"),
    ],
    group="embedded",
)

MIB = 1024 * 1024
REPORT_SECONDS = 0.3
CHECK_SECONDS = 0.05


class EmbeddedDriver(fake.FakeDriver):
    def __init__(self, virtapi: Any, read_only: bool = False) -> None:
        self.vcpus, self.memory_mb, self.local_gb = CONF.embedded.vcpus, CONF.embedded.memory_mb, CONF.embedded.local_gb
        super().__init__(virtapi, read_only)
        self._orders: dict[str, str] = {}  # uuid of a migrating server -> "abort" or "force"
        self._handed_over = threading.local()  # of a live migration's thread: its `move`, a server and a destination

    def init_host(self, host: str) -> None:
        self._host = host
        self._set_nodes([host])
        if not nova.virt.node.read_local_node_uuid():
            nova.virt.node.write_local_node_uuid(self._node_uuid(host))
        self.store = Hypervisors(Path(CONF.embedded.store))
        self.store.forget_outgoing(host)
        self.instances = GuestsAboard(self.store, host)

    # The node

    @staticmethod
    def _node_uuid(node: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{node}.embedded.invalid"))

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        return {self._node_uuid(node): node for node in self.get_available_nodes()}

    def get_available_nodes(self, refresh: bool = False) -> list[str]:
        """Nova asks within a live migration too, when only its record is not up to date yet."""
        if move := getattr(self._handed_over, "move", None):
            self._while(lambda: self._migration_rule(*move).get("fail") == "hang_after")
        return super().get_available_nodes(refresh)

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        resources = super().get_available_resource(nodename)
        if resources:
            version = self.store.host(self._host).version
            resources.update(uuid=self._node_uuid(nodename), hypervisor_version=version)
        return resources

    def instance_on_disk(self, instance: Instance) -> bool:
        return True  # disks are on shared storage, so an evacuation keeps them

    @staticmethod
    def _while(condition: Callable[[], bool]) -> None:
        while condition():
            time.sleep(CHECK_SECONDS)

    # Guests

    def _guest_rule(self, kind: str, instance: Instance) -> dict[str, Any]:
        return self.store.rule(kind, instance.uuid, instance.display_name, self._host, "*")

    def _set_state(self, instance: Instance, state: str) -> None:
        try:
            self.store.set_state(self._host, instance.uuid, state)
        except NotThere as error:
            raise exception.InstanceNotFound(instance_id=instance.uuid) from error

    def _define(self, instance: Instance, power_on: bool) -> None:
        self.store.define(self._host, instance.uuid, instance.display_name, RUNNING if power_on else SHUTDOWN)

    def spawn(
        self,
        context: RequestContext,
        instance: Instance,
        image_meta: Any,
        injected_files: Any,
        admin_password: Any,
        allocations: Any,
        network_info: Any = None,
        block_device_info: Any = None,
        power_on: bool = True,
        accel_info: Any = None,
    ) -> None:
        rule = self._guest_rule("spawn", instance)
        time.sleep(rule.get("seconds", 0))
        if rule.get("fail") == "hang":
            self._while(lambda: self._guest_rule("spawn", instance).get("fail") == "hang")
            rule = self._guest_rule("spawn", instance)  # what ended that
        if rule.get("fail") is True:
            raise exception.ComputeResourcesUnavailable(reason=f"embedded: {self._host} refuses to spawn")
        self._define(instance, power_on)

    def destroy(self, context: RequestContext, instance: Instance, *args: Any, **kwargs: Any) -> None:
        self._while(lambda: self._guest_rule("destroy", instance).get("fail") == "hang")
        self.store.undefine(self._host, instance.uuid)

    def power_off(self, instance: Instance, timeout: int = 0, retry_interval: int = 0) -> None:
        self._set_state(instance, SHUTDOWN)

    def power_on(self, context: RequestContext, instance: Instance, *args: Any, **kwargs: Any) -> None:
        self._set_state(instance, RUNNING)

    def pause(self, instance: Instance) -> None:
        self._set_state(instance, PAUSED)

    def unpause(self, instance: Instance) -> None:
        self._set_state(instance, RUNNING)

    def suspend(self, context: RequestContext, instance: Instance) -> None:
        self._set_state(instance, SHUTDOWN)

    def resume(self, context: RequestContext, instance: Instance, *args: Any, **kwargs: Any) -> None:
        self._set_state(instance, RUNNING)

    def rescue(self, context: RequestContext, instance: Instance, *args: Any, **kwargs: Any) -> None:
        self._set_state(instance, RUNNING)

    def unrescue(self, instance: Instance) -> None:
        self._set_state(instance, RUNNING)

    # Live migration

    def _migration_rule(self, instance: Instance, destination: str) -> dict[str, Any]:
        """`instance.host` is the source on both sides, until Nova's last step."""
        return self.store.rule(
            "live_migration", instance.uuid, instance.display_name, f"to:{destination}", instance.host, "*"
        )

    def check_can_live_migrate_destination(
        self, context: RequestContext, instance: Instance, *args: Any, **kwargs: Any
    ) -> LiveMigrateData:
        if self._migration_rule(instance, self._host).get("fail") == "precheck":
            raise exception.MigrationPreCheckError(reason=f"embedded: {self._host} refuses the guest")
        data = super().check_can_live_migrate_destination(context, instance, *args, **kwargs)
        data.is_shared_instance_path = False  # so that Nova asks the destination to clean up after a failure
        return data

    def pre_live_migration(
        self, context: RequestContext, instance: Instance, *args: Any, **kwargs: Any
    ) -> LiveMigrateData:
        if self._migration_rule(instance, self._host).get("fail") == "predest":
            raise exception.NovaException("embedded: pre_live_migration failed")
        self.store.expect(instance.uuid, instance.display_name, instance.host, self._host)
        return super().pre_live_migration(context, instance, *args, **kwargs)

    def live_migration(
        self,
        context: RequestContext,
        instance: Instance,
        dest: str,
        post_method: Callable[..., None],
        recover_method: Callable[..., None],
        block_migration: bool = False,
        migrate_data: LiveMigrateData = None,
    ) -> None:
        try:
            outcome = self._transfer(instance, dest, migrate_data.migration)
            if outcome == "done":
                dies = self._migration_rule(instance, dest).get("fail") == "dies"
                self.store.hand_over(instance.uuid, self._host, dest, dies)
        except NotThere:  # one of the two hosts lost the guest meanwhile
            outcome = "failed"
        except Exception:
            self.store.forget_incoming(instance.uuid)
            raise
        if outcome == "done":
            self._handed_over.move = (instance, dest)
            try:
                post_method(context, instance, dest, block_migration, migrate_data)
            finally:
                del self._handed_over.move
        else:
            self.store.forget_incoming(instance.uuid)
            recover_method(context, instance, dest, migrate_data, migration_status=outcome)

    def _transfer(self, instance: Instance, dest: str, migration: Migration) -> str:
        """Take the time it takes. Returns "done", or the status which a migration that came back shall have."""
        self._orders.pop(instance.uuid, None)
        started = time.monotonic()
        reported = started - REPORT_SECONDS
        forced = False
        while True:
            rule = self._migration_rule(instance, dest)
            now = time.monotonic()
            if (order := self._orders.pop(instance.uuid, None)) == "abort":
                return "cancelled"
            forced |= order == "force"
            progress = self._progress(rule, instance, now - started, forced)
            if progress.done:
                break
            if now - reported >= REPORT_SECONDS:
                reported = now
                self._report(instance, migration, progress)
            time.sleep(CHECK_SECONDS)
        if rule.get("fail") == "error":
            raise exception.NovaException("embedded: the live migration broke")
        return "failed" if rule.get("fail") == "rollback" else "done"

    @staticmethod
    def _progress(rule: dict[str, Any], instance: Instance, took: float, forced: bool) -> Progress:
        return Progress.after(
            took,
            disk=rule.get("disk_mb", 0) * MIB,
            disk_seconds=rule.get("disk_seconds", 0),
            memory=instance.flavor.memory_mb * MIB,
            memory_seconds=0 if forced else rule.get("seconds", CONF.embedded.migration_seconds),
            hangs=rule.get("fail") == "hang" and not forced,
        )

    @staticmethod
    def _report(instance: Instance, migration: Migration, progress: Progress) -> None:
        """Save the progress where a libvirt host saves it."""
        migration.memory_total = progress.memory_total
        migration.memory_processed = progress.memory_total - progress.memory_remaining
        migration.memory_remaining = progress.memory_remaining
        migration.disk_total = progress.disk_total
        migration.disk_processed = progress.disk_total - progress.disk_remaining
        migration.disk_remaining = progress.disk_remaining
        migration.save()
        instance.progress = progress.percent
        instance.save()

    def live_migration_abort(self, instance: Instance) -> None:
        self._orders[instance.uuid] = "abort"

    def live_migration_force_complete(self, instance: Instance) -> None:
        self._orders[instance.uuid] = "force"

    def rollback_live_migration_at_destination(
        self, context: RequestContext, instance: Instance, *args: Any, **kwargs: Any
    ) -> None:
        self.store.forget_incoming(instance.uuid)

    def post_live_migration_at_destination(
        self, context: RequestContext, instance: Instance, *args: Any, **kwargs: Any
    ) -> None:
        if instance.uuid not in self.instances:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        if self._migration_rule(instance, self._host).get("fail") == "target":
            raise exception.NovaException("embedded: the guest has arrived, and what comes after that failed")

    # Cold migration

    def migrate_disk_and_power_off(
        self, context: RequestContext, instance: Instance, *args: Any, **kwargs: Any
    ) -> None:
        rule = self._guest_rule("cold_migration", instance)
        time.sleep(rule.get("seconds", 0))
        if rule.get("fail"):
            reason = exception.NovaException("embedded: copying the disk failed")
            raise exception.InstanceFaultRollback(inner_exception=reason)
        self._set_state(instance, SHUTDOWN)

    def finish_revert_migration(
        self,
        context: RequestContext,
        instance: Instance,
        network_info: Any,
        migration: Migration,
        block_device_info: Any = None,
        power_on: bool = True,
        share_info: Any = None,
    ) -> None:
        self._define(instance, power_on)

    # Images

    def cache_image(self, context: RequestContext, image_id: str) -> bool:
        rule = self.store.rule("cache_image", self._host, "*")
        time.sleep(rule.get("seconds", 0))
        if rule.get("fail"):
            raise exception.ImageNotFound(image_id=image_id)
        return self.store.cache_image(self._host, image_id)

    def manage_image_cache(self, context: RequestContext, all_instances: list[Instance]) -> None:
        """Cached images stay."""
