# SPDX-License-Identifier: Apache-2.0
"""What people write, read and checked: contracts, people, pairs and Variables.

- :mod:`tandem.config.load`: ``load_pair``, ``load_one``, ``load_all``: files to pairs, all problems at once
- :mod:`tandem.config.models`: the pair as the engine reads it
- :mod:`tandem.config.identity`: ``pair_name``, ``dag_id``, ``mapping_hash``, ``config_hash``, ``freeze``, ``thaw``
- :func:`tandem.config.needs.needs`: what a side asks of its connector
- :func:`tandem.config.variable.parse_variable`, :func:`tandem.config.variable.apply_variable`
- :func:`tandem.config.template.render`: headings over comments
- :func:`tandem.config.start.new_contract`: a commented contract to start from
- ``python -m tandem.config.reference``: writes ``docs/reference/`` and ``docs/schema/``
"""
