# SPDX-License-Identifier: Apache-2.0
"""One file a version. A released one is never changed."""
