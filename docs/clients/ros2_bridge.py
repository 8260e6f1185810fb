#!/usr/bin/env python3
"""A face as joints of a robot in ROS 2: reads Keyface's frames on standard input, publishes sensor_msgs/JointState.

    keyface run --to stdout | python3 docs/clients/ros2_bridge.py --ros-args -r joint_states:=/head/joint_states

It states positions and does not limit speed: that is the controller's part. When frames stop, the head goes to rest.
"""
import json
import sys
import threading
import time

import rclpy
from rclpy.node import Node
from sensor_msgs.msg import JointState

# Joint: what it follows, radians at weight 1, least and most radians. Put in what your robot has.
JOINTS = {
    "jaw": ({"JawOpen": 1.0, "MouthClose": -1.0}, 0.44, 0.0, 0.40),
    "brow_left": ({"BrowOuterUpLeft": 1.0, "BrowDownLeft": -1.0}, 0.35, -0.3, 0.3),
    "brow_right": ({"BrowOuterUpRight": 1.0, "BrowDownRight": -1.0}, 0.35, -0.3, 0.3),
    "lids": ({"EyeBlinkLeft": 0.5, "EyeBlinkRight": 0.5}, 0.8, 0.0, 0.8),
    "neck_yaw": ({"yaw": 1.0}, 1.0, -0.6, 0.6),
    "neck_pitch": ({"pitch": 1.0}, 1.0, -0.4, 0.4),
}
HZ = 60
SILENCE_S = 0.5


def positions(frame):
    """Radians of each joint; without a frame, at rest."""
    values = {**frame.get("weights", {}), **frame.get("head_rad", {})}
    sums = [scale * sum(share * values.get(name, 0.0) for name, share in follows.items())
            for follows, scale, _, _ in JOINTS.values()]
    return [min(most, max(least, value)) for value, (_, _, least, most) in zip(sums, JOINTS.values())]


class Bridge(Node):
    def __init__(self):
        super().__init__("keyface")
        self.publisher = self.create_publisher(JointState, "joint_states", 10)
        self.frame, self.came = {}, 0.0
        self.create_timer(1 / HZ, self.publish)

    def read(self, lines):
        """Keeps the newest frame: one that is late is of no use."""
        for line in lines:
            self.frame, self.came = json.loads(line), time.monotonic()

    def publish(self):
        is_live = time.monotonic() - self.came < SILENCE_S
        state = JointState()
        state.header.stamp = self.get_clock().now().to_msg()
        state.name = list(JOINTS)
        state.position = positions(self.frame if is_live else {})
        self.publisher.publish(state)


def main():
    rclpy.init(args=sys.argv)
    bridge = Bridge()
    threading.Thread(target=bridge.read, args=(sys.stdin,), daemon=True).start()
    try:
        rclpy.spin(bridge)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
