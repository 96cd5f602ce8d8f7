# SPDX-License-Identifier: Apache-2.0
# What stands in the tests' Redmine: run once by `rails runner` on an empty, migrated database.
Redmine::DefaultData::Loader.load('en')
Setting.rest_api_enabled = '1'
Setting.login_required = '1'
Setting.text_formatting = 'textile'
Setting.notified_events = []
Setting.attachment_max_size = '10240'

def account(login, first, last, admin = false)
  user = User.find_by_login(login) || User.new(language: 'en')
  user.login = login
  user.firstname, user.lastname, user.mail = first, last, "#{login}@nordwind.example"
  user.admin, user.status, user.must_change_passwd = admin, User::STATUS_ACTIVE, false
  user.password = user.password_confirmation = "#{login}-pass-word" if user.new_record?
  user.save!
  Token.where(user_id: user.id, action: 'api').delete_all
  Token.create!(user: user, action: 'api').update_column(:value, "#{login}key".ljust(40, '0'))
  user
end

rules = [:view_issues, :add_issues, :edit_issues, :add_issue_notes, :edit_own_issue_notes, :view_private_notes, :set_notes_private]
sync = Role.create!(name: 'Integration', issues_visibility: 'all', users_visibility: 'all', permissions: rules)
open_only = Role.create!(name: 'Without private notes', issues_visibility: 'all', users_visibility: 'all',
                         permissions: rules - [:view_private_notes, :set_notes_private])
manager, developer, reporter = ['Manager', 'Developer', 'Reporter'].map { |name| Role.find_by_name(name) }
[sync, open_only].each { |role| role.copy_workflow_rules(manager) }
[manager, developer].each { |role| role.add_permission!(:edit_own_issue_notes, :set_issues_private) }

account('admin', 'Ada', 'Min', true)
people = {
  'tandem' => [account('tandem', 'Tandem', 'Integration'), sync],
  'ines' => [account('ines', 'Ines', 'Petersen'), manager],
  'omar' => [account('omar', 'Omar', 'Haddad'), developer],
  'rita' => [account('rita', 'Rita', 'Bergmann'), reporter]
}
halved = account('halved', 'Half', 'Right')
account('guest', 'Guest', 'Without')  # a member of no project

trackers = Tracker.all.to_a
def project(name, identifier, trackers, parent = nil)
  made = Project.new(name: name, is_public: false, enabled_module_names: ['issue_tracking'])
  made.identifier = identifier
  made.trackers = trackers
  made.save!
  made.set_parent!(parent) if parent
  made
end
shop = project('Shop', 'shop', trackers)
web = project('Shop web', 'shop-web', trackers, shop)
vault = project('Vault', 'vault', trackers)
[shop, web, vault].each do |place|
  people.each { |login, (user, role)| Member.create!(project: place, principal: user, roles: [role]) unless place == vault && login == 'tandem' }
end
Member.create!(project: shop, principal: halved, roles: [open_only])
IssueCategory.create!(project: shop, name: 'Payments')
version = Version.create!(project: shop, name: '1.0')
Version.create!(project: shop, name: '1.1')

def field(name, format, trackers, **rest)
  IssueCustomField.create!({ name: name, field_format: format, is_for_all: true, is_filter: true, trackers: trackers }.merge(rest))
end
# The marker: for the integration account's role alone.
field('Tandem', 'string', trackers, visible: false, roles: [sync, open_only])
field('Labels', 'list', trackers, multiple: true, possible_values: %w[shared other more apple zebra vip checkout kiosk payment])
field('Order no', 'string', trackers)
field('Channel', 'list', trackers, possible_values: %w[Web Kiosk Phone])
field('Regions', 'enumeration', trackers, multiple: true)
%w[North South East].each_with_index { |name, at| CustomFieldEnumeration.create!(custom_field: CustomField.find_by_name('Regions'), name: name, position: at + 1) }
field('Expert', 'user', trackers)
field('Watched by', 'user', trackers, multiple: true)
field('Seen in', 'version', trackers, multiple: true)
field('Seen on', 'date', trackers)
field('Confirmed', 'bool', trackers)
field('Count', 'int', trackers)
field('Cost', 'float', trackers)
field('Analysis', 'text', trackers, text_formatting: 'full')
field('Internal', 'string', trackers)
field('Page', 'link', trackers)
puts CustomField.all.map { |one| "#{one.id} #{one.name}" }
