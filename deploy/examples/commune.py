"""A commune submits one permit file and reads what the gateway says of it. Needs pika (pip install pika)."""
import datetime, json, sys, uuid
import pika

address, sample = sys.argv[1:]  # amqp://commune-<code>:<password>@host/vhost, and a file.submitted as a template
event = json.load(open(sample, encoding="utf-8"))
code, now = event["source"].removeprefix("/communes/"), datetime.datetime.now(datetime.UTC).isoformat()
reference = event["subject"] = event["data"]["reference"] = f"PCT-{uuid.uuid4().hex[:8].upper()}"
event |= {"id": str(uuid.uuid4()), "time": now, "correlationid": reference}
event["data"]["receipt"]["issued_at"] = now

channel = pika.BlockingConnection(pika.URLParameters(address)).channel()
channel.confirm_delivery()  # from here on a publish that reaches no queue raises
channel.basic_publish(
    "wasl.in", f"commune.{code}.file.submitted", json.dumps(event).encode(), mandatory=True,
    properties=pika.BasicProperties(content_type="application/cloudevents+json", delivery_mode=2,
                                    message_id=event["id"], user_id=f"commune-{code}"))
for delivery, _, body in channel.consume(f"commune.{code}", inactivity_timeout=20):
    if delivery is None:
        break  # nothing for 20 seconds
    told = json.loads(body)
    print(told["sequence"], told["type"], json.dumps(told["data"], ensure_ascii=False)[:160])
    channel.basic_ack(delivery.delivery_tag)  # once it is safely stored on your side
