# SPDX-License-Identifier: Apache-2.0
"""A Jira Cloud site, simulated: one store in Atlassian Document Format behind `/rest/api/2` and `/rest/api/3`."""
