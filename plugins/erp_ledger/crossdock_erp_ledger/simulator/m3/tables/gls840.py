"""Journal batches: a head, lines, a check, and the update of the ledger."""

from __future__ import annotations

_ADD_BATCH_LINE_FLD_IN = """
    KEY1*:t15 LINE*:n7 INRI*:t2 DIVI:t3 GRNR:t10 EICD:n1 AIT1:t10 AIT2:t10 AIT3:t10 AIT4:t10 AIT5:t10 AIT6:t10
    AIT7:t10 ACQT:t17 CRTP:n2 CUCD:t3 ARAT:n13 CUAM:n17 ACAM:n17 DBCR:t1 ACDT:t10 VTCD:n2 VTXT:t40 FTCO:t3
    BSCD:t3 VRNO:t16 EXN1:n3 EXI1:t45 EXN2:n3 EXI2:t45 SHDT:t10
"""

TRANSACTIONS = {
    "AddBatchHead": ("CONO*:n3 KEY1*:t15 INTN*:t15 DESC*:t40 DIVI:t3 USID:t10", "CONO:3"),
    "AddBatchLineFld": (_ADD_BATCH_LINE_FLD_IN, ""),
    "AddBatchLine": ("CONO*:n3 KEY1*:t15 LINE*:n7 PARM*:t900 DIVI:t3", "CONO:3"),
    "CtrlBatch": ("CONO*:n3 KEY1*:t15 DIVI:t3", "CONO:3"),
    "UpdBatch": ("CONO*:n3 KEY1*:t15 DIVI:t3", "CONO:3"),
}
