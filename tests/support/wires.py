"""What every event of every wire must be."""

from ninefold.collect import Event


def well_formed(event: Event) -> None:
    """Storable text, finite numbers, a time that can be true, somebody it is about."""
    assert event.name
    assert event.identifiers
    assert 946_684_800_000 <= event.ts <= event.received + 86_400_000
    assert event.oneid == 0
    assert (event.revenue_minor == 0) or len(event.currency) == 3
    texts = [event.message_id, event.name, event.channel, event.session_id, event.order_id, event.product_id]
    texts += [part for pair in event.identifiers for part in pair]
    texts += [part for pair in event.props.items() for part in pair]
    texts += [part for part in event.traits.values() if isinstance(part, str)]
    for part in texts:
        assert "\x00" not in part
        part.encode()
    numbers = [*event.nums.values(), event.quantity]
    numbers += [part for part in event.traits.values() if isinstance(part, float)]
    assert all(-1.8e308 < number < 1.8e308 for number in numbers)
