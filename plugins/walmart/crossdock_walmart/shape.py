"""The fields that orders and returns are known to have.

Source: Walmart Marketplace, Orders API, Returns API; read 2026-11.
"""

from __future__ import annotations

from crossdock import Shape

_STATUS = "orderLines.orderLine.orderLineStatuses.orderLineStatus"
_CHARGE = "orderLines.orderLine.charges.charge"
_REFUND = "orderLines.orderLine.refund"

ORDER = Shape.of(
    {
        "": "purchaseOrderId customerOrderId customerEmailId orderType originalCustomerOrderID orderDate buyerId mart "
        "isGuest isWCPOrder shippingInfo orderLines paymentTypes* orderSummary* pickupPersons* shipNode",
        "shippingInfo": "phone estimatedDeliveryDate estimatedShipDate methodCode postalAddress",
        "shippingInfo.postalAddress": "name address1 address2 city state postalCode country addressType",
        "shipNode": "type name id",
        "orderLines": "orderLine",
        "orderLines.orderLine": "lineNumber item charges orderLineQuantity statusDate orderLineStatuses refund "
        "returnOrderId originalCarrierMethod referenceLineId fulfillment serialNumbers* intentToCancel configId "
        "sellerOrderId shipFromCountry sellerOrderNo",
        "orderLines.orderLine.item": "productName sku condition imageUrl weight",
        "orderLines.orderLine.item.weight": "value unit",
        "orderLines.orderLine.charges": "charge",
        _CHARGE: "chargeType chargeName chargeAmount tax",
        f"{_CHARGE}.chargeAmount": "currency amount",
        f"{_CHARGE}.tax": "taxName taxAmount",
        f"{_CHARGE}.tax.taxAmount": "currency amount",
        _REFUND: "refundId refundComments refundCharges",
        f"{_REFUND}.refundCharges": "refundCharge",
        f"{_REFUND}.refundCharges.refundCharge": "refundReason charge",
        f"{_REFUND}.refundCharges.refundCharge.charge": "chargeType chargeName chargeAmount* tax*",
        "orderLines.orderLine.orderLineQuantity": "unitOfMeasurement amount",
        "orderLines.orderLine.fulfillment": "fulfillmentOption shipMethod storeId pickUpDateTime pickUpBy "
        "shippingProgramType",
        "orderLines.orderLine.orderLineStatuses": "orderLineStatus",
        _STATUS: "status subSellerId statusQuantity cancellationReason trackingInfo returnCenterAddress*",
        f"{_STATUS}.statusQuantity": "unitOfMeasurement amount",
        f"{_STATUS}.trackingInfo": "shipDateTime carrierName methodCode carrierMethodCode trackingNumber trackingURL",
        f"{_STATUS}.trackingInfo.carrierName": "carrier otherCarrier",
    }
)

_LINE = "returnOrderLines"
_EACH = "unitOfMeasure measurementValue"
_MONEY = "currencyAmount currencyUnit"

RETURN = Shape.of(
    {
        "": "returnOrderId customerOrderId customerEmailId customerName* returnType replacementCustomerOrderId "
        "refundMode returnOrderDate returnByDate totalRefundAmount returnChannel returnLineGroups* returnOrderLines",
        "totalRefundAmount": _MONEY,
        "returnChannel": "channelName",
        _LINE: "returnOrderLineNumber salesOrderLineNumber sellerOrderId returnReason purchaseOrderId "
        "purchaseOrderLineNumber exceptionItemType isReturnForException rechargeReason returnCancellationReason item "
        "charges unitPrice itemReturnSettings* chargeTotals* cancellableQty quantity returnExpectedFlag "
        "isFastReplacement isKeepIt lastItem refundedQty rechargeableQty refundChannel refundChannels "
        "returnTrackingDetail status statusTime currentDeliveryStatus currentRefundStatus currentTrackingStatuses",
        f"{_LINE}.item": "sku condition productName itemWeight*",
        f"{_LINE}.unitPrice": _MONEY,
        f"{_LINE}.charges": "chargeCategory chargeName chargePerUnit isDiscount isBillable tax excessCharge "
        "references*",
        f"{_LINE}.charges.chargePerUnit": _MONEY,
        f"{_LINE}.charges.excessCharge": _MONEY,
        f"{_LINE}.charges.tax": "taxName excessTax taxPerUnit",
        f"{_LINE}.charges.tax.excessTax": _MONEY,
        f"{_LINE}.charges.tax.taxPerUnit": _MONEY,
        f"{_LINE}.quantity": _EACH,
        f"{_LINE}.refundChannels": "refundChannelName quantity",
        f"{_LINE}.refundChannels.quantity": _EACH,
        f"{_LINE}.returnTrackingDetail": "sequenceNo eventTag eventDescription eventTime references*",
        f"{_LINE}.currentTrackingStatuses": "status statusTime currentRefundStatus quantity",
        f"{_LINE}.currentTrackingStatuses.quantity": _EACH,
    }
)
