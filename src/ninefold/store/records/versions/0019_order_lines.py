"""order lines: rows of files that come together to orders"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KEY = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "import_orders",
        sa.Column("mapping", _KEY, primary_key=True),
        sa.Column("order_hash", sa.Uuid, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
        sa.Column("told", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("changed", sa.Boolean, nullable=False, server_default=sa.true()),
    )
    op.create_index(
        "ix_import_orders_changed", "import_orders", ["mapping", "order_hash"], postgresql_where=sa.text("changed")
    )
    op.create_table(
        "import_lines",
        sa.Column("mapping", _KEY, primary_key=True),
        sa.Column("order_hash", sa.Uuid, primary_key=True),
        sa.Column("line_hash", sa.Uuid, primary_key=True),
        sa.Column("occurrence", sa.Integer, primary_key=True),
        sa.Column("seq", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("run_id", sa.BigInteger, nullable=False),
        sa.Column("row_number", sa.BigInteger, nullable=False),
        sa.Column("content", sa.Uuid, nullable=False),
        sa.Column("cells", pg.JSONB, nullable=False),
    )
    op.create_index("ix_import_lines_run", "import_lines", ["run_id"])


def downgrade() -> None:
    op.drop_table("import_lines")
    op.drop_table("import_orders")
