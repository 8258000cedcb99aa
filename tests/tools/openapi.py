"""openapi-spec-validator says whether a document is valid: python openapi.py FILE"""
import json, sys
from openapi_spec_validator import OpenAPIV31SpecValidator

document = json.load(open(sys.argv[1], encoding="utf-8"))
errors = [f"{'/'.join(map(str, one.path))}: {one.message}" for one in OpenAPIV31SpecValidator(document).iter_errors()]
print("\n".join(errors) or f"valid: {document['openapi']}, {len(document['paths'])} paths")
sys.exit(bool(errors))
