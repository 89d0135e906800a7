"""Wrong sign-ins are counted in the database."""

import sqlalchemy as sa
from alembic import op

from bot.store.schema import UtcDateTime

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('sign_in_try',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_try'))
    )
    op.create_index(op.f('ix_sign_in_try_key'), 'sign_in_try', ['key'], unique=False)


def downgrade() -> None:
    op.drop_table('sign_in_try')
