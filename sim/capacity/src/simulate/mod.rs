//! The whole day of a fleet against one plant, on the virtual clock.
