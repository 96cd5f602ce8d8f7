# SPDX-License-Identifier: Apache-2.0
# What a fresh Request Tracker for tests holds: people with rights, queues, and custom fields of each kind.
# Read by rt-setup-database; made once, and copied for each test that wants a server.
use strict;
use utf8;

our @Queues = (
    { Name => 'Support', Description => 'What customers ask', CommentAddress => '', CorrespondAddress => '' },
    { Name => 'Changes', Description => 'What is to be built', Lifecycle => 'changes' },
    { Name => "Board",   Description => "Not for everybody" },
);

our @Groups = ( { Name => 'Staff', Description => 'Those who answer' } );

our @Users = (
    map {
        +{
            Name         => $_->[0],
            RealName     => $_->[1],
            EmailAddress => $_->[2],
            Password     => "$_->[0]-password",
            Privileged   => $_->[3],
        }
    } (
        [ 'tandem', 'Tandem',        'tandem@nordwind.example', 1 ],
        [ 'nora',   'Nora Berg',     'nora@nordwind.example',   1 ],
        [ 'olaf',   'Olaf Dahl',     'olaf@nordwind.example',   1 ],
        [ 'reader', 'Only a Reader', 'reader@nordwind.example', 1 ],
        [ 'kim',    'Kim Customer',  'kim@customer.example',    0 ],
    )
);

our @Members = ( map { { Group => 'Staff', GroupDomain => 'UserDefined', Name => $_ } } qw(nora olaf) );

my @both = ( 'Support', 'Changes' );
our @CustomFields = (
    { Name => 'Labels',     Type => 'FreeformMultiple', Queue => \@both },
    { Name => 'Severity',   Type => 'SelectSingle',     Queue => \@both,
      Values => [ map { { Name => $_ } } qw(low normal high) ] },
    { Name => 'Components', Type => 'SelectMultiple',   Queue => \@both,
      Values => [ map { { Name => $_ } } qw(cart kiosk payment) ] },
    { Name => 'Order',      Type => 'FreeformSingle',   Queue => \@both },
    { Name => 'Story',      Type => 'TextSingle',       Queue => \@both },
    { Name => 'Day',        Type => 'DateSingle',       Queue => \@both },
    { Name => 'Moment',     Type => 'DateTimeSingle',   Queue => \@both },
    { Name => 'City',       Type => 'AutocompleteSingle', Queue => \@both, Values => [ { Name => 'Oslo' } ] },
    { Name => 'Host',       Type => 'IPAddressSingle',  Queue => \@both },
    { Name => 'Tandem',     Type => 'FreeformSingle',   Queue => \@both },
);

my @reading = qw(SeeQueue ShowTicket ShowTicketComments);
my @writing = qw(CreateTicket ModifyTicket ReplyToTicket CommentOnTicket OwnTicket ReassignTicket Watch);
our @ACL = (
    ( map { { GroupDomain => 'SystemInternal', GroupType => 'Privileged', Right => $_ } } qw(ModifySelf) ),
    (
        map {
            my $right = $_;
            map { { UserId => 'tandem', Queue => $_, Right => $right } } @both
        } @reading, @writing, qw(ModifyCustomField SetInitialCustomField)
    ),
    { UserId => 'tandem', Right => 'SeeCustomField' },    # to be told of what kind each is
    (
        map { { GroupDomain => 'UserDefined', GroupId => 'Staff', Right => $_ } } @reading, @writing,
        qw(DeleteTicket TakeTicket StealTicket ForwardMessage)
    ),
    (
        map { { GroupDomain => 'UserDefined', GroupId => 'Staff', Queue => $_->[0], Right => $_->[1] } }
            map { my $q = $_; map { [ $q, $_ ] } qw(SeeCustomField ModifyCustomField SetInitialCustomField) } @both
    ),
    ( map { { UserId => 'reader', Queue => 'Support', Right => $_ } } qw(SeeQueue ShowTicket SeeCustomField) ),
    ( map { { GroupDomain => 'SystemInternal', GroupType => 'Unprivileged', Queue => 'Support', Right => $_ } }
        qw(CreateTicket ReplyToTicket) ),
);

# An auth token of the integration's account; its digits are no secret here.
our @Final = (
    sub {
        no warnings 'redefine';
        local *RT::Util::random_hex = sub { 'c0ffee' x 5 . '00' };
        my $owner = RT::User->new( RT->SystemUser );
        $owner->Load('tandem');
        my ( $ok, $why ) = RT::AuthToken->new( RT->SystemUser )->Create( Owner => $owner->Id, Description => 'Tandem' );
        die $why unless $ok;
    },
);

1;
