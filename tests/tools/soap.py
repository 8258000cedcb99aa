"""Speaks SOAP with zeep, from the WSDL and the XSDs alone, and prints what zeep reads of the answers as JSON.

python soap.py onee WSDL ENDPOINT USER PASSWORD REFERENCE
python soap.py event WSDL ENDPOINT USER PASSWORD REFERENCE
python soap.py land-registry WSDL ENDPOINT REFERENCE"""
import datetime, json, sys, uuid
from lxml import etree
from zeep import Client, xsd
from zeep.helpers import serialize_object
from zeep.wsse.username import UsernameToken
from zeep.wsse.utils import WSU

SR = "{urn:ma:wasl:onee:service-request:1}"
MESSAGE = str(uuid.uuid4())
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def secured(wsdl, user, password):
    """A client with a UsernameToken by digest and a Timestamp (WS-Security 1.1)."""
    text = lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    stamp = WSU.Timestamp(WSU.Created(text(NOW)), WSU.Expires(text(NOW + datetime.timedelta(minutes=5))))
    return Client(wsdl, wsse=UsernameToken(user, password, use_digest=True, timestamp_token=stamp, zulu_timestamp=True))


def header(verb, source, acknowledged):
    return {"Verb": verb, "Noun": "ServiceRequest", "Revision": "2.0", "Timestamp": NOW, "Source": source,
            "AckRequired": acknowledged, "MessageID": MESSAGE}


def shown(answer):
    value = json.loads(json.dumps(serialize_object(answer, dict), default=str))
    return value | {"asked": MESSAGE}


def onee(wsdl, endpoint, user, password, reference):
    client = secured(wsdl, user, password)
    service = client.create_service("{urn:ma:wasl:onee:service-request:1:wsdl}Agency", endpoint)
    element = client.get_element(SR + "ServiceRequest")
    request = element(
        consultationReference=reference, depositVersion=1, supplement=0, permitReference=f"ZEEP-{MESSAGE[:8]}..favourable",
        permitType="building", communeCode="015110106",
        applicant={"kind": "person", "identifier": "AB123456", "nameFrench": "Samira El Amrani"},
        project={"use": "housing", "floors": 1, "network": ["electricity"]},
        site=[{"landTitle": "11595/33"}])
    payload = {"_value_1": xsd.AnyObject(element, request)}
    return service.Request(Header=header("create", "wasl", True), Payload=payload)


def event(wsdl, endpoint, user, password, reference):
    client = secured(wsdl, user, password)
    service = client.create_service("{urn:ma:wasl:onee:service-request:1:wsdl}Gateway", endpoint)
    element = client.get_element(SR + "ServiceRequestStatus")
    status = element(
        consultationReference=reference, serviceRequestNumber="DR-2026-000001", depositVersion=1, status="answered",
        statusTime=NOW, opinion={"outcome": "favourable", "issuedOn": NOW.date()})
    return service.Event(Header=header("closed", "ONEE", None), Payload={"_value_1": xsd.AnyObject(element, status)})


def land_registry(wsdl, endpoint, reference):
    client = Client(wsdl)
    service = client.create_service("{urn:ma:wasl:land-registry:title-state:1:wsdl}Registry", endpoint)
    road, names = "http://x-road.eu/xsd/xroad.xsd", "http://x-road.eu/xsd/identifiers"

    def block(name, text=None, kind=None, **parts):
        found = etree.Element(f"{{{road}}}{name}", **({f"{{{names}}}objectType": kind} if kind else {}))
        found.text = text
        for part, value in parts.items():
            etree.SubElement(found, f"{{{names}}}{part}").text = value
        return found

    member = {"xRoadInstance": "MA", "memberClass": "GOV"}
    heads = [
        block("client", kind="SUBSYSTEM", **member, memberCode="DGCT", subsystemCode="wasl"),
        block("service", kind="SERVICE", **member, memberCode="ANCFCC", subsystemCode="registry", serviceCode="TitleState", serviceVersion="v1"),
        block("userId", "MA015110106"), block("id", f"{reference}.consult.1"), block("protocolVersion", "4.0")]
    return service.TitleState(
        consultationReference=reference, depositVersion=1, permitReference="ZEEP-1..favourable",
        applicant={"identifier": {"_value_1": "AB123456", "scheme": "CIN"}},
        parcel=[{"seq": 1, "title": "11595/33"}], _soapheaders=heads)


play = {"onee": onee, "event": event, "land-registry": land_registry}[sys.argv[1]]
print(json.dumps(shown(play(*sys.argv[2:]))))
