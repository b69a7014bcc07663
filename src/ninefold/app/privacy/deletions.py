"""Tells destinations of erasures, from wherever the outbox stands."""

from itertools import groupby

from ninefold.base import Clock
from ninefold.governance import privacy
from ninefold.store import Records

_AT_ONCE = 200


class DeletionDesk:
    """Sends deletion notices, and takes word that they were carried out."""

    def __init__(
        self, records: Records, book: privacy.notices.Notices, sender: privacy.notices.Sender, clock: Clock
    ) -> None:
        self._records = records
        self._sender = sender
        self._clock = clock
        self.book = book

    def send(self, *, every: bool = False) -> int:
        """Send what is due, each notice once; returns how many were sent.

        Killed in the middle, what was taken and not noted is sent again once its lease ends, by the same key.

        Args:
            every: also what waits for its next try.
        """
        sent = 0
        with self._records.begin() as conn:
            destinations = self.book.destinations(conn)
            if every:
                self.book.hasten(conn)
        while True:
            with self._records.begin() as conn:
                taken = sorted(self.book.claim(conn, limit=_AT_ONCE), key=lambda one: (one.destination, one.id))
            if not taken:
                return sent
            sent += len(taken)
            for key, group in groupby(taken, key=lambda one: one.destination):
                self._tell(destinations.get(key), list(group))

    def settle(self, number: int, answer: privacy.notices.Answer) -> privacy.notices.Notice:
        """Take word of a destination about a notice; see :meth:`Notices.settle`."""
        with self._records.begin() as conn:
            done = self.book.settle(conn, number, answer)
        self._sender.drop(done)
        return done

    def _tell(self, destination: privacy.notices.Destination | None, due: list[privacy.notices.Notice]) -> None:
        if destination is None:
            gone = privacy.notices.Answer(
                state=privacy.notices.NoticeState.FAILED, detail="the destination was retired"
            )
            for one in due:
                self.settle(one.id, gone)
            return
        answers = self._sender.send(destination, due, now=self._clock.now())
        for one, answer in zip(due, answers, strict=True):
            with self._records.begin() as conn:
                done = self.book.note(conn, one, answer, give_up_days=destination.give_up_days)
            if done is not None and done.state is not privacy.notices.NoticeState.ACCEPTED:
                self._sender.drop(done)
