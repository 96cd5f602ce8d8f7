#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs Redmine from Debian's own packages, as root. It starts nothing and makes no database.
set -euo pipefail
export BUNDLE_SILENCE_ROOT_WARNING=1 DEBIAN_FRONTEND=noninteractive
if [ "$(dpkg-query -W -f '${db:Status-Status} ' redmine redmine-sqlite puma 2>/dev/null)" != "installed installed installed " ]; then
  debconf-set-selections <<<'redmine redmine/instances/default/dbconfig-install boolean false'
  apt-get update -qq
  # The package's own steps call `bundle install --local`. The bundler inside libruby cannot read gems laid out as
  # Debian does, that of ruby-bundler can: naming its version settles which of them is taken.
  export BUNDLER_VERSION=${BUNDLER_VERSION:-$(apt-cache show ruby-bundler | sed -n 's/^Version: \([0-9.]*\).*/\1/p;T;q')}
  apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
    redmine redmine-sqlite dbconfig-no-thanks puma
fi
# The Gemfile takes the database's gem from the database.yml of the instances that it sees: give it one that stays.
if [ ! -s /etc/redmine/default/database.yml ]; then
  printf 'production:\n  adapter: sqlite3\n  database: /var/lib/redmine/default/unused.sqlite\n  encoding: utf8\n' \
    >/etc/redmine/default/database.yml
fi
cd /usr/share/redmine
export BUNDLER_VERSION=${BUNDLER_VERSION:-$(dpkg-query -W -f '${Version}' ruby-bundler | sed 's/[^0-9.].*//')}
grep -q '^    sqlite3 ' Gemfile.lock || bundle install --local --quiet
grep -q '^    sqlite3 ' Gemfile.lock
