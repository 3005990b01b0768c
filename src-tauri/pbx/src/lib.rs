//! The protocol of a Yeastar P-Series PBX.
