"""What may not cross the bridge, though nobody said no: floods, circles, and whom lists name."""
