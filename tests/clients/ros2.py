#!/usr/bin/env python3
"""docs/clients/ros2_bridge.py with Keyface before it, and a stand-in for ROS 2 behind it: tests/clients/ros2.py PROGRAM

The stand-in has the few calls that the bridge makes, as rclpy documents them; ROS 2 itself is not here.
"""
import subprocess, sys, threading, time, types

sys.path.insert(0, "docs/clients")
published = []


class Node:
    def __init__(self, name):
        self.name, self.timer = name, None

    def create_publisher(self, kind, topic, depth):
        assert (kind, topic) == (JointState, "joint_states"), (kind, topic)
        return types.SimpleNamespace(publish=published.append)

    def create_timer(self, period_s, callback):
        self.timer = (period_s, callback)

    def get_clock(self):
        return types.SimpleNamespace(now=lambda: types.SimpleNamespace(to_msg=time.monotonic))


class JointState:
    def __init__(self):
        self.header, self.name, self.position = types.SimpleNamespace(stamp=None), [], []


for name, content in {"rclpy": {}, "rclpy.node": {"Node": Node}, "sensor_msgs": {}, "sensor_msgs.msg": {"JointState": JointState}}.items():
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(content)

import ros2_bridge  # noqa: E402

bridge = ros2_bridge.Bridge()
command = [sys.argv[1], "run", "--input", "models/live/demo.wav", "--to", "stdout", "--still"]
with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as keyface:
    reader = threading.Thread(target=bridge.read, args=(keyface.stdout,))
    reader.start()
    period_s, publish = bridge.timer
    while reader.is_alive():
        publish()
        time.sleep(period_s)
spoken = len(published)
time.sleep(ros2_bridge.SILENCE_S)
publish()

joints = list(ros2_bridge.JOINTS)
assert all(state.name == joints and len(state.position) == len(joints) for state in published)
for at, (name, (_, _, least, most)) in enumerate(ros2_bridge.JOINTS.items()):
    values = [state.position[at] for state in published]
    assert all(least <= value <= most for value in values), (name, min(values), max(values))
jaw = [state.position[joints.index("jaw")] for state in published]
assert max(jaw) > 0.05 and min(jaw[:spoken]) < 0.01, (min(jaw), max(jaw))
assert jaw[-1] == 0.0, "expected a jaw at rest behind the last frame"
print(f"{spoken} joint states while it spoke, jaw {min(jaw):.3f} to {max(jaw):.3f} rad, at rest behind the last frame")
