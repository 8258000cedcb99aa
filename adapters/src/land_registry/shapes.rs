//! What the readers of this adapter know of the registry's answers (README, sections 4 and 7).

use crate::transport::drift::{Shape, field};

/// `TitleStateResponse`.
pub(super) const TITLE_STATE: Shape = Shape {
    message: "title-state",
    fields: &[
        field("/TitleStateResponse/control/cuparc"),
        field("/TitleStateResponse/control/cuerr"),
        field("/TitleStateResponse/control/consultationReference"),
        field("/TitleStateResponse/control/extractNumber").opt().chars(64),
        field("/TitleStateResponse/control/extractTime"),
        field("/TitleStateResponse/parcelState/@seq"),
        field("/TitleStateResponse/parcelState/resultCode").codes(&["R00", "R10", "R20", "R30"]),
        field("/TitleStateResponse/parcelState/title").opt().chars(64),
        field("/TitleStateResponse/parcelState/registeredArea").opt(),
        field("/TitleStateResponse/parcelState/registeredArea/@uom").codes(&["m2"]),
        field("/TitleStateResponse/parcelState/applicantHolds").opt().codes(&["yes", "shared", "no"]),
        field("/TitleStateResponse/parcelState/charge/kind").codes(&[
            "mortgage",
            "easement",
            "lease",
            "seizure",
            "pre-notation",
        ]),
        field("/TitleStateResponse/parcelState/charge/inscribedOn").opt(),
        field("/TitleStateResponse/parcelState/charge/label").opt().chars(500),
        field("/TitleStateResponse/lerr/err/@seq").opt(),
        field("/TitleStateResponse/lerr/err/cod").codes(&["11", "12", "13", "21", "22", "90", "99"]),
        field("/TitleStateResponse/lerr/err/des").opt().chars(500),
    ],
};

/// `GetFeature`: the collection with its parcels, or the exception report in its place.
pub(super) const PARCELS: Shape = Shape {
    message: "parcels",
    fields: &[
        field("/FeatureCollection/@numberMatched").unread(),
        field("/FeatureCollection/@numberReturned").opt(),
        field("/FeatureCollection/@timeStamp").unread(),
        field("/FeatureCollection/boundedBy/**").opt(),
        field("/FeatureCollection/member/FeatureCollection/**").opt(),
        field("/FeatureCollection/member/CadastralParcel/@id").unread(),
        field("/FeatureCollection/member/CadastralParcel/boundedBy/**").opt(),
        field("/FeatureCollection/member/CadastralParcel/areaValue").opt(),
        field("/FeatureCollection/member/CadastralParcel/areaValue/@uom")
            .opt()
            .codes(&["m2", "urn:ogc:def:uom:UCUM::m2"]),
        field("/FeatureCollection/member/CadastralParcel/areaValue/@nilReason").unread(),
        field("/FeatureCollection/member/CadastralParcel/beginLifespanVersion").unread(),
        field("/FeatureCollection/member/CadastralParcel/endLifespanVersion").opt(),
        field("/FeatureCollection/member/CadastralParcel/geometry/**"),
        field("/FeatureCollection/member/CadastralParcel/inspireId").unread(),
        field("/FeatureCollection/member/CadastralParcel/label").unread(),
        field("/FeatureCollection/member/CadastralParcel/nationalCadastralReference").chars(64),
        field("/FeatureCollection/member/CadastralParcel/referencePoint").unread(),
        field("/FeatureCollection/member/CadastralParcel/validFrom").unread(),
        field("/FeatureCollection/member/CadastralParcel/validTo").unread(),
        field("/FeatureCollection/member/CadastralParcel/administrativeUnit").unread(),
        field("/FeatureCollection/member/CadastralParcel/basicPropertyUnit").unread(),
        field("/FeatureCollection/member/CadastralParcel/zoning").unread(),
        field("/ExceptionReport/@version").unread(),
        field("/ExceptionReport/Exception/@exceptionCode"),
        field("/ExceptionReport/Exception/@locator").unread(),
        field("/ExceptionReport/Exception/ExceptionText").opt(),
    ],
};
