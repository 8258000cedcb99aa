"""What a commune's developer takes from schemas/asyncapi.yaml, and from nothing else, to send a file."""
import json, pathlib, uuid
import yaml


class Contract:
    def __init__(self, path):
        self.folder = pathlib.Path(path).parent
        self.document = yaml.safe_load(open(path, encoding="utf-8"))

    def follow(self, value):
        """A value, or what its $ref names: inside the document or in a file beside it."""
        while isinstance(value, dict) and "$ref" in value:
            reference = value["$ref"]
            if not reference.startswith("#"):
                return json.load(open(self.folder / reference, encoding="utf-8"))
            value = self.document
            for name in reference[2:].split("/"):
                value = value[name]
        return value

    def channel(self, ending):
        """The channel whose address ends so."""
        return next(one for one in self.document["channels"].values() if one["address"].endswith(ending))

    def operation(self, channel):
        """The operation on a channel, with its bindings."""
        name = next(key for key, one in self.document["channels"].items() if one is channel)
        return next(one for one in self.document["operations"].values() if one["channel"]["$ref"].endswith("/" + name))

    def send(self, name, commune, now):
        """Everything that a publish of a message needs."""
        channel = self.channel(name)
        message = self.follow(next(iter(channel["messages"].values())))
        bindings = self.follow(self.operation(channel)["bindings"])["amqp"]
        event = self.follow(message["examples"][0]["payload"])
        reference = f"OUT-{uuid.uuid4().hex[:10].upper()}"
        event |= {"id": str(uuid.uuid4()), "source": f"/communes/{commune}", "subject": reference, "time": now,
                  "correlationid": reference}
        event["data"] |= {"reference": reference, "commune": commune}
        event["data"]["receipt"]["issued_at"] = now
        return {
            "exchange": channel["bindings"]["amqp"]["exchange"]["name"],
            "key": channel["address"].format(commune=commune),
            "content_type": message.get("contentType", self.document["defaultContentType"]),
            "user_id": bindings["userId"].format(commune=commune),
            "delivery_mode": bindings["deliveryMode"],
            "mandatory": bindings["mandatory"],
            "event": event,
        }

    def queue(self, commune):
        """Where a commune reads."""
        queues = (one for one in self.document["channels"].values() if one["bindings"]["amqp"]["is"] == "queue")
        return next(one["address"] for one in queues if one["address"].startswith("commune.")).format(commune=commune)
