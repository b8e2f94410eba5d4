# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

"""OpenStack's services, as far as this collection needs them.

* ``clouds_yaml``: the keys of clouds.yaml, OS_* variables and options, and what they mean
* ``cloud_settings``: what has to be known to reach a cloud
* ``config_files``: where clouds.yaml and its like lie, and what they hold
* ``chosen_cloud``: which cloud is meant
* ``secret_values``: which of their values are secrets
* ``auth_types``: the types of authentication and their options
* ``auth``: the authentication plugin
* ``token_cache``: a token kept in a file for the next task
* ``session``: how requests go out and answers come in: repetitions, redirects, how long and how large
* ``client``: one request, with its microversion
* ``pages``: the pages of a list
* ``responses``: what a response holds
* ``failures``: how a request that failed is worded
* ``cloud``: one cloud with its services; several requests at once
* ``nova``, ``placement``, ``glance``: each request once
* ``aggregate``, ``service``, ``hypervisor``, ``server``, ``group``, ``migration``, ``capacity``, ``image``: what they
  answer, as data
* ``fields``: the JSON of an answer, field by field
* ``answers``: whether Nova answered what it was asked
"""
