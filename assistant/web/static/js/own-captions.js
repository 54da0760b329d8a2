/** What others read of what this person says. */

import { CaptionView } from "./caption-view.js";
import { byId } from "./dom.js";
import { Follower } from "./follow.js";
import { RoomFeed } from "./room-feed.js";
import { SpeakerColours } from "./speakers.js";

const SHOWN = 200;

export class OwnCaptions {
  #feed = null;
  #make;

  constructor({ service, room, participant, i18n }) {
    this.#make = () => {
      const feed = new RoomFeed(service, room, { lang: "source" });
      const keep = (facts) => facts.participant === participant;
      const view = new CaptionView(byId("captions"), { log: () => feed.log, colours: new SpeakerColours(), i18n, keep });
      const follower = new Follower(byId("own-region"));
      feed.addEventListener("captions", ({ detail: changes }) => {
        view.take([...changes, ...feed.log.trim(SHOWN)]);
        const any = feed.log.statements.some(({ facts }) => keep(facts));
        byId("own-region").hidden = !any;
        byId("own-empty").hidden = any;
      });
      view.addEventListener("drawn", () => follower.keepUp());
      return feed;
    };
  }

  begin() {
    if (this.#feed) return;
    byId("captions").replaceChildren();
    this.#feed = this.#make();
    this.#feed.start();
  }

  end() {
    this.#feed?.close();
    this.#feed = null;
  }
}
