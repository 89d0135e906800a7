"""Where the file of a message can be fetched."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('relay', sa.Column('file', sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column('relay', 'file')
