"""sealed totp: secrets of authenticator apps as sealed text"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("users", "totp")  # nothing has written it yet
    op.add_column("users", sa.Column("totp", sa.Text, comment="the secret of the app, sealed"))


def downgrade() -> None:
    op.drop_column("users", "totp")
    op.add_column("users", sa.Column("totp", sa.LargeBinary, comment="the secret, encrypted"))
