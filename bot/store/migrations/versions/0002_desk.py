"""The desk: teams, volunteers, what they and citizens say to each other, tickets with a clock."""

import sqlalchemy as sa
from bot.store.schema import UtcDateTime
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

_WAS_OPEN = sa.text("state <> 'closed'")
_IS_OPEN = sa.text("state IN ('waiting', 'claimed')")


def upgrade() -> None:
    op.create_table('desk_update',
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('update_id', sa.String(length=80), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('channel', 'update_id', name=op.f('pk_desk_update'))
    )
    op.create_table('team',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('level', sa.String(length=5), nullable=False),
    sa.Column('commune', sa.String(length=5), nullable=True),
    sa.Column('province', sa.String(length=80), nullable=True),
    sa.Column('telegram_chat', sa.String(length=20), nullable=True),
    sa.Column('hours', sa.String(length=200), server_default='', nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_team')),
    sa.UniqueConstraint('name', name=op.f('uq_team_name')),
    sa.UniqueConstraint('telegram_chat', name=op.f('uq_team_telegram_chat'))
    )
    op.create_table('canned_reply',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('team_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.String(length=80), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_canned_reply_team_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_canned_reply'))
    )
    op.create_table('volunteer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('role', sa.String(length=10), nullable=False),
    sa.Column('team_id', sa.Integer(), nullable=True),
    sa.Column('telegram_user', sa.String(length=20), nullable=True),
    sa.Column('login', sa.String(length=60), nullable=True),
    sa.Column('password_hash', sa.String(length=200), nullable=True),
    sa.Column('skills', sa.JSON(), nullable=False),
    sa.Column('capacity', sa.Integer(), server_default='3', nullable=False),
    sa.Column('on_duty', sa.Boolean(), nullable=False),
    sa.Column('hours', sa.String(length=200), server_default='', nullable=False),
    sa.Column('served', sa.Integer(), server_default='0', nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('left_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_volunteer_team_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_volunteer')),
    sa.UniqueConstraint('login', name=op.f('uq_volunteer_login')),
    sa.UniqueConstraint('telegram_user', name=op.f('uq_volunteer_telegram_user'))
    )
    op.create_table('invitation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('used_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_invitation_volunteer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitation_token_hash'))
    )
    op.create_table('session',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_session_volunteer_id')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_session'))
    )
    op.create_table('offered_phone',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_offered_phone_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offered_phone'))
    )
    with op.batch_alter_table('offered_phone', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_offered_phone_ticket_id'), ['ticket_id'], unique=False)

    op.create_table('relay',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('author', sa.String(length=10), nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=True),
    sa.Column('inbox_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('reply_to', sa.Integer(), nullable=True),
    sa.Column('citizen_message', sa.String(length=40), nullable=True),
    sa.Column('group_message', sa.String(length=40), nullable=True),
    sa.Column('draft', sa.Text(), nullable=True),
    sa.Column('draft_guide', sa.String(length=48), nullable=True),
    sa.Column('draft_label', sa.String(length=10), nullable=True),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('edited_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['inbox_id'], ['inbox.id'], name=op.f('fk_relay_inbox_id')),
    sa.ForeignKeyConstraint(['reply_to'], ['relay.id'], name=op.f('fk_relay_reply_to')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_relay_ticket_id')),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_relay_volunteer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_relay')),
    sa.UniqueConstraint('inbox_id', name=op.f('uq_relay_inbox_id'))
    )
    with op.batch_alter_table('relay', schema=None) as batch_op:
        batch_op.create_index('ix_relay_group_message', ['ticket_id', 'group_message'], unique=False)
        batch_op.create_index(batch_op.f('ix_relay_ticket_id'), ['ticket_id'], unique=False)

    op.create_table('suggestion',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=True),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('guide', sa.String(length=48), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_suggestion_ticket_id')),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_suggestion_volunteer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suggestion'))
    )
    op.create_table('ticket_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=True),
    sa.Column('team_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_ticket_event_team_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_event_ticket_id')),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_ticket_event_volunteer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_event'))
    )
    with op.batch_alter_table('ticket_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_event_ticket_id'), ['ticket_id'], unique=False)

    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('blocked_until', UtcDateTime(), nullable=True))

    with op.batch_alter_table('inbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('source', sa.JSON(), server_default='{}', nullable=False))

    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('post', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('relay_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('again', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_foreign_key(batch_op.f('fk_outbox_relay_id'), 'relay', ['relay_id'], ['id'])

    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.drop_index('uq_ticket_open')
        batch_op.add_column(sa.Column('step', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('commune', sa.String(length=5), nullable=True))
        batch_op.add_column(sa.Column('urgent', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('team_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('volunteer_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('avoid', sa.JSON(), server_default='[]', nullable=False))
        batch_op.add_column(sa.Column('claimed_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('answered_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('close_reason', sa.String(length=30), nullable=True))
        batch_op.add_column(sa.Column('owed_since', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('reminders', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('due_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('stars', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('stars_words', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('reopened', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('thread', sa.String(length=20), nullable=True))
        batch_op.create_index(batch_op.f('ix_ticket_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ticket_due_at'), ['due_at'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_ticket_volunteer_id'), 'volunteer', ['volunteer_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_ticket_team_id'), 'team', ['team_id'], ['id'])
        batch_op.create_index('uq_ticket_open', ['conversation_id'], unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)


def downgrade() -> None:
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.drop_index('uq_ticket_open')
        batch_op.drop_constraint(batch_op.f('fk_ticket_team_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_ticket_volunteer_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_ticket_due_at'))
        batch_op.drop_index(batch_op.f('ix_ticket_conversation_id'))
        batch_op.create_index('uq_ticket_open', ['conversation_id'], unique=True, sqlite_where=_WAS_OPEN, postgresql_where=_WAS_OPEN)
        batch_op.drop_column('thread')
        batch_op.drop_column('reopened')
        batch_op.drop_column('stars_words')
        batch_op.drop_column('stars')
        batch_op.drop_column('due_at')
        batch_op.drop_column('reminders')
        batch_op.drop_column('owed_since')
        batch_op.drop_column('close_reason')
        batch_op.drop_column('answered_at')
        batch_op.drop_column('claimed_at')
        batch_op.drop_column('avoid')
        batch_op.drop_column('volunteer_id')
        batch_op.drop_column('team_id')
        batch_op.drop_column('urgent')
        batch_op.drop_column('commune')
        batch_op.drop_column('step')

    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_outbox_relay_id'), type_='foreignkey')
        batch_op.drop_column('again')
        batch_op.drop_column('relay_id')
        batch_op.drop_column('post')

    with op.batch_alter_table('inbox', schema=None) as batch_op:
        batch_op.drop_column('source')

    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.drop_column('blocked_until')

    with op.batch_alter_table('ticket_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_event_ticket_id'))

    op.drop_table('ticket_event')
    op.drop_table('suggestion')
    with op.batch_alter_table('relay', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_relay_ticket_id'))
        batch_op.drop_index('ix_relay_group_message')

    op.drop_table('relay')
    with op.batch_alter_table('offered_phone', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_offered_phone_ticket_id'))

    op.drop_table('offered_phone')
    op.drop_table('session')
    op.drop_table('invitation')
    op.drop_table('volunteer')
    op.drop_table('canned_reply')
    op.drop_table('team')
    op.drop_table('desk_update')
