"""Topics have a table of their own: a ticket that moves on to another team leaves one behind."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('topic',
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('chat', sa.String(length=20), nullable=False),
    sa.Column('thread', sa.String(length=20), nullable=False),
    sa.Column('summary', sa.String(length=20), nullable=True),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_topic_ticket_id')),
    sa.PrimaryKeyConstraint('ticket_id', 'chat', name=op.f('pk_topic'))
    )
    op.create_index('ix_topic_thread', 'topic', ['chat', 'thread'], unique=False)
    # That the summary of these was said is known, under which id is not.
    op.execute(
        "INSERT INTO topic (ticket_id, chat, thread, summary) SELECT ticket.id, team.telegram_chat, ticket.thread, '0' "
        "FROM ticket JOIN team ON team.id = ticket.team_id WHERE ticket.thread IS NOT NULL AND team.telegram_chat IS NOT NULL"
    )
    # Not in a batch: SQLite would make the table anew, which it refuses while other rows point to its tickets.
    op.drop_column('ticket', 'thread')


def downgrade() -> None:
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.add_column(sa.Column('thread', sa.String(length=20), nullable=True))
    op.drop_table('topic')
