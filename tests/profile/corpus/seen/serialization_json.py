# code: serialization
# kind: seeded
import json

any_orders = [
    {
        "id": i,
        "buyer": {"name": f"buyer {i % 97}", "city": f"city {i % 13}"},
        "items": [{"sku": f"s-{k}", "count": k % 4, "price": 1.5 * k} for k in range(6)],
        "paid": i % 3 == 0,
    }
    for i in range(vary(3000))
]


class any_Channel:
    def __init__(self):
        self.any_bytes = 0

    def any_send(self, any_message):
        any_text = json.dumps(any_message)  # HERE
        self.any_bytes += len(any_text)
        return json.loads(any_text)  # HERE


any_channel = any_Channel()
for _ in range(vary(30)):
    for any_order in any_orders:
        any_order = any_channel.any_send(any_order)
print(any_channel.any_bytes)
