#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs Request Tracker 5 from Debian's own packages, as root. It starts nothing, sends no mail, makes no database.
set -euo pipefail
[ -x /usr/share/request-tracker5/libexec/rt-server ] && exit 0
export DEBIAN_FRONTEND=noninteractive
debconf-set-selections <<'D'
request-tracker5 request-tracker5/install-cronjobs boolean false
request-tracker5 request-tracker5/initialdata boolean false
request-tracker5 request-tracker5/handle-siteconfig-permissions boolean true
D
apt-get update -qq
# dbconfig-no-thanks: the package makes no database of its own. msmtp-mta: a mail server without a daemon.
apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
  request-tracker5 rt5-standalone rt5-db-sqlite dbconfig-no-thanks msmtp-mta
