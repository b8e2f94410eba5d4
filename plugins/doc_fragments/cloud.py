# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options that say which cloud, and with which credentials."""

    DOCUMENTATION = r"""
options:
  cloud:
    description:
      - The cloud, as its name in C(clouds.yaml), or a dictionary with the keys that it would have there.
      - Without it E(OS_CLOUD) decides, then O(auth), then the other E(OS_AUTH_URL)-like variables (which V(envvars)
        names), then the only cloud that C(clouds.yaml) holds.
      - C(clouds.yaml), C(secure.yaml) and C(clouds-public.yaml) are looked for where openstacksdk does. That is the
        current directory, C(~/.config/openstack) or that folder in E(XDG_CONFIG_HOME), C(/etc/xdg/openstack) and
        C(/etc/openstack). E(OS_CLIENT_CONFIG_FILE) and E(OS_CLIENT_SECURE_FILE) may name others.
      - Their keys mean what they mean to openstacksdk, such as C(regions) with values, C(compute_interface) or
        C(compute_endpoint_override). What is not understood is an error. Vendor profiles come from
        C(clouds-public.yaml) alone.
      - With C(auth) set to C(true) in the section C(cache) of C(clouds.yaml), which is beside C(clouds), the token
        is kept for the next task with the same credentials, in C(~/.cache/stackops.aggregates) (or that folder in
        E(XDG_CACHE_HOME)), readable by its user alone. No password is kept. A token that is refused, or that ends
        within two minutes, is replaced.
    type: raw
  auth:
    description:
      - Options of the authentication plugin that O(auth_type) names, such as C(auth_url), C(username), C(password),
        C(project_name), C(user_domain_name) and C(project_domain_name). One that it does not have is an error.
      - They go over those of O(cloud). Without O(cloud) and E(OS_CLOUD) they are a cloud of their own, with what
        E(OS_AUTH_URL)-like variables add.
    type: dict
  auth_type:
    description:
      - Authentication plugin, any that keystoneauth1 knows, such as V(password), V(token),
        V(v3applicationcredential) or V(v3multifactor) (with C(auth_methods) in O(auth)).
      - V(password) where nothing else says otherwise.
    type: str
  region_name:
    description:
      - Region of the services. One that the cloud in C(clouds.yaml) does not name, where it names any, is an error.
    type: str
  interface:
    description:
      - Which endpoints of the catalog to use; V(public) where nothing else says otherwise.
    type: str
    choices: [public, internal, admin]
    aliases: [endpoint_type]
  validate_certs:
    description:
      - Whether TLS certificates are verified. They are, where nothing else says otherwise. Where they are not, each
        task has a warning.
      - V(true) goes over C(verify) and C(insecure) in C(clouds.yaml) and in variables. There only a known word (such as
        C(false) or C(no)) switches verification off, a text with a C(/) is the path of a CA file, and anything else is
        an error.
    type: bool
    aliases: [verify]
  ca_cert:
    description:
      - File with the certificate of the authority that signed the cloud's certificates.
    type: str
    aliases: [cacert]
  client_cert:
    description:
      - File with a client certificate, and with its key unless O(client_key) names one.
    type: str
    aliases: [cert]
  client_key:
    description:
      - File with the key of the client certificate.
    type: str
    aliases: [key]
  api_timeout:
    description:
      - Seconds that the whole answer to one request may take, 60 where nothing else says otherwise. Connecting has 10
        seconds.
      - Requests that may be repeated (reading, writing what is the same when written twice, authentication) are sent
        again up to four times when the connection breaks or the cloud answers 429, 500, 502, 503 or 504.
    type: int
requirements:
  - python >= 3.11
  - keystoneauth1 >= 5.0.0
  - requests >= 2.28.0
  - PyYAML >= 6.0
notes:
  - A relative path, in an option or in C(clouds.yaml), begins in the current directory. On the controller that is the
    directory in which Ansible was started, however the task is executed; on another machine it is where Ansible's
    connection begins. C(~) is the home of the user as whom the task runs.
  - Text from the cloud is never a template, and what of it would control a terminal, turn a line around or be invisible
    is returned and shown as an escape such as C(\x1b) or C(\u202e). No name that Nova accepts has any of that. The
    values of C(metadata) keep line breaks.
"""
