// The microphone as blocks of 16-bit mono samples, little-endian as all that run browsers are.

// Calls `block(buffer)`. Resolves to the rate and a way to stop.
export async function start(block) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error("a browser gives the microphone to pages of this machine or over https only");
  }
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: false, autoGainControl: false },
  });
  const context = new AudioContext({ latencyHint: "interactive" });
  const stop = () => {
    stream.getTracks().forEach((track) => track.stop());
    context.close();
  };
  try {
    await context.audioWorklet.addModule("pcm.js");
    const pcm = new AudioWorkletNode(context, "pcm", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    pcm.port.onmessage = ({ data }) => block(data);
    context.createMediaStreamSource(stream).connect(pcm);
    await context.resume();
  } catch (error) {
    stop();
    throw error;
  }
  return { rate: context.sampleRate, stop };
}
