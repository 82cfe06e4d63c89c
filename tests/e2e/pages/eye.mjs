// Shows what the page gets to see of a remote peer, and says what that is.

const WIDTH = 24;
const HEIGHT = 18;

export class Eye {
  constructor(track) {
    this.player = document.body.appendChild(document.createElement('video'));
    this.player.muted = true;
    this.player.srcObject = new MediaStream([track]);
    this.player.play().catch(() => {});
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [WIDTH, HEIGHT];
    this.canvas = canvas.getContext('2d', { willReadFrequently: true });
  }

  // The picture of this moment, made small: RGBA row by row; nothing before the first one.
  look() {
    if (this.player.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined;
    this.canvas.drawImage(this.player, 0, 0, WIDTH, HEIGHT);
    return { width: WIDTH, height: HEIGHT, channels: 4, pixels: [...this.canvas.getImageData(0, 0, WIDTH, HEIGHT).data] };
  }
}
