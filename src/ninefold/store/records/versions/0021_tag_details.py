"""tags: what a build measured, whatever the kind"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("tag_builds", "borders", new_column_name="details")


def downgrade() -> None:
    op.alter_column("tag_builds", "details", new_column_name="borders")
