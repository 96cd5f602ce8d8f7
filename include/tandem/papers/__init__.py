# SPDX-License-Identifier: Apache-2.0
"""Papers for people who do not read contracts: who can see and write what, and what each field means."""
