// In the audio thread: blocks of 128 samples to messages of about 20 ms, 16 bits.

class Pcm extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Int16Array(128 * Math.max(1, Math.round(sampleRate / 50 / 128)));
    this.filled = 0;
  }

  process([[samples]]) {
    if (!samples) return true;
    for (const sample of samples) {
      this.block[this.filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.filled === this.block.length) {
        const { buffer } = this.block.slice();
        this.port.postMessage(buffer, [buffer]);
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("pcm", Pcm);
