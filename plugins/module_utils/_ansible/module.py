# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Execution in a module process, on whichever machine Ansible starts one: the body of every module's ``main``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._openstack.cloud import connect
from .._openstack.secret_values import secrets
from .execute import DIRECTORY, Maker, execute, missing_library
from .masking import Mask
from .options import CLOUD_OPTIONS


class _Module(AnsibleModule):
    """An AnsibleModule that learns the secrets in ``cloud`` before it logs or refuses its options.

    ``cloud`` may be a dictionary, in which Ansible itself does not know what is a secret.
    """

    def _load_params(self) -> None:
        super()._load_params()
        self.no_log_values.update(secrets(self.params))


def run(make: Maker, spec: Mapping[str, Any], constraints: Mapping[str, Any]) -> None:
    """Check the options, execute the work, print the result and exit.

    :param make: makes the work from the cloud and the options.
    :param spec: the options of the module beside those that say which cloud.
    :param constraints: arguments of AnsibleModule such as ``required_if``.
    """
    module = _Module(argument_spec={**CLOUD_OPTIONS, **spec}, supports_check_mode=True, **constraints)
    module.no_log_values = secrets(module.params)
    _enter_directory(module)
    if library := missing_library():
        module.fail_json(msg=missing_required_lib(library))
    failed, result, warnings = execute(make, connect, module.params, module.check_mode)
    # The result holds no secret any more, and Ansible would also mask parts of names. So only the options are masked.
    module.params = Mask(module.no_log_values).data(module.params)
    module.no_log_values = set()
    for warning in warnings:
        module.warn(warning)
    if failed:
        module.fail_json(**result)
    module.exit_json(**result)


def _enter_directory(module: AnsibleModule) -> None:
    """Go where Ansible was started, for Ansible starts a process on the controller in the folder of the playbook.

    So relative paths, and ``clouds.yaml`` in the current directory, are the same as in Ansible's worker.
    """
    directory = os.environ.get(DIRECTORY)
    try:
        if directory:
            os.chdir(directory)
    except OSError as error:
        module.fail_json(
            msg=f"The directory in which Ansible was started, {directory}, cannot be entered ({error.strerror}): start"
            " Ansible in one that the user of this task may enter."
        )
