"""Infor CloudSuite: Financials & Supply Management (FSM), and M3, behind one API gateway."""
