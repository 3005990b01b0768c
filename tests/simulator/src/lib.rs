//! A PBX and a Salesforce org with memory, on loopback.
