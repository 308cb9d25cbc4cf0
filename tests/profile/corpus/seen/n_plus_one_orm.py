# code: n-plus-one
# kind: seeded
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class any_Base(DeclarativeBase):
    pass


class any_Team(any_Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class any_Player(any_Base):
    __tablename__ = "players"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    team: Mapped[any_Team] = relationship()


any_engine = create_engine("sqlite://")
any_Base.metadata.create_all(any_engine)
any_count = vary(4000)
with any_engine.begin() as any_connection:
    any_connection.execute(any_Team.__table__.insert(), [{"id": i, "name": f"team {i}"} for i in range(1, any_count)])
    any_connection.execute(any_Player.__table__.insert(), [{"id": i, "team_id": i} for i in range(1, any_count)])


def any_roster():
    with Session(any_engine) as any_session:
        any_players = any_session.scalars(select(any_Player)).all()
        return [any_player.team.name for any_player in any_players]  # HERE


print(len(any_roster()))
