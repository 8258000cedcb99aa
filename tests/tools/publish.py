"""Sends a file with pika and prints what comes: python publish.py ASYNCAPI URL COMMUNE NOW
With --show instead of URL: prints what is sent, for another client."""
import json, sys
import pika
from contract import Contract

path, address, commune, now = sys.argv[1:]
contract = Contract(path)
letter = contract.send("file.submitted", commune, now)
if address == "--show":
    print(json.dumps(letter | {"queue": contract.queue(commune)}))
    sys.exit()

channel = pika.BlockingConnection(pika.URLParameters(address)).channel()
channel.confirm_delivery()  # from here on a publish that reaches no queue raises
channel.basic_publish(
    letter["exchange"], letter["key"], json.dumps(letter["event"]).encode(), mandatory=letter["mandatory"],
    properties=pika.BasicProperties(content_type=letter["content_type"], delivery_mode=letter["delivery_mode"],
                                    message_id=letter["event"]["id"], user_id=letter["user_id"]))
for delivery, _, body in channel.consume(contract.queue(commune), inactivity_timeout=60):
    if delivery is None:
        sys.exit("nothing came")
    told = json.loads(body)
    channel.basic_ack(delivery.delivery_tag)
    print(told["type"], told["subject"], flush=True)
    if told["subject"] == letter["event"]["subject"] and told["type"] in ("ma.wasl.file.reviewed.v1", "ma.wasl.file.refused.v1"):
        break
