"""What was said is also kept without diacritics, and the letter of the citizen's name with the ticket."""

import sqlalchemy as sa
from alembic import op

from bot.store.schema import UtcDateTime
from nlu.text import fold

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

relay = sa.table('relay', sa.column('id'), sa.column('text'), sa.column('folded'))
ticket = sa.table(
    'ticket', sa.column('id'), sa.column('question'), sa.column('conversation_id'), sa.column('created_at', UtcDateTime),
    sa.column('initial'), sa.column('folded'),
)
inbox = sa.table('inbox', sa.column('id'), sa.column('conversation_id'), sa.column('source', sa.JSON))
turn = sa.table(
    'turn', sa.column('id'), sa.column('conversation_id'), sa.column('question'), sa.column('created_at', UtcDateTime)
)


def upgrade() -> None:
    op.add_column('relay', sa.Column('folded', sa.Text(), server_default='', nullable=False))
    op.add_column('ticket', sa.Column('folded', sa.Text(), server_default='', nullable=False))
    op.add_column('ticket', sa.Column('initial', sa.String(length=1), server_default='', nullable=False))
    db = op.get_bind()
    for number, text in db.execute(sa.select(relay.c.id, relay.c.text)).all():
        db.execute(relay.update().where(relay.c.id == number).values(folded=fold(text)))
    opened = sa.select(ticket.c.id, ticket.c.question, ticket.c.conversation_id, ticket.c.created_at)
    for number, question, chat, at in db.execute(opened).all():
        sent = sa.select(inbox.c.source).where(inbox.c.conversation_id == chat).order_by(inbox.c.id.desc()).limit(1)
        initial = (db.execute(sent).scalar() or {}).get('initial', '')
        asked = sa.select(turn.c.question).where(turn.c.conversation_id == chat, turn.c.created_at <= at)
        before = db.execute(asked.order_by(turn.c.id.desc()).limit(20)).scalars()
        words = ' '.join((initial, question, *(one for one in before if not one.startswith('/'))))
        db.execute(ticket.update().where(ticket.c.id == number).values(initial=initial, folded=fold(words)))


def downgrade() -> None:
    op.drop_column('ticket', 'initial')
    op.drop_column('ticket', 'folded')
    op.drop_column('relay', 'folded')
