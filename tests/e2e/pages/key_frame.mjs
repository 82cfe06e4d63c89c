// A page cannot ask for a key frame as its decoder does, but what stands between the network and the decoder can: a worker
// that hands on every frame as it is, and asks when it is told to.

const WORKER = `onrtctransform = ({ transformer }) => {
  transformer.readable.pipeTo(transformer.writable);
  onmessage = () => transformer.sendKeyFrameRequest();
  postMessage('ready');
};`;

export async function askForKeyFrame(connection) {
  const { receiver } = connection.getTransceivers().find(({ receiver: { track } }) => track.kind === 'video');
  if (!receiver.transform) {
    const worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: 'text/javascript' })));
    receiver.transform = new RTCRtpScriptTransform(worker);
    await new Promise((resolve) => { worker.onmessage = resolve; });
    receiver.transform.worker = worker;
  }
  receiver.transform.worker.postMessage('ask');
}
