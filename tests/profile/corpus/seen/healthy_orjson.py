# code: none
# kind: healthy
import orjson


def any_events(any_count):
    for i in range(any_count):
        yield {"id": i, "kind": "click" if i % 3 else "view", "at": i / 7, "path": ["home", f"page {i % 50}"]}


any_size = 0
any_clicks = 0
for any_event in any_events(vary(700000)):
    any_line = orjson.dumps(any_event)
    any_size += len(any_line)
    any_clicks += orjson.loads(any_line)["kind"] == "click"
print(any_size, any_clicks)
