/** At most one reading at a time and one per `restMs`: a rush at the gates is one reading. */
export class Gatherer {
    /**
     * read      (ids) => promise; called at once for the first, then with all that came meanwhile
     * restMs    silence after a reading
     */
    constructor(read, restMs) {
        this.read = read;
        this.restMs = restMs;
        this.ids = new Set();
        this.isAsked = false;
        this.isBusy = false;
    }

    ask(ids = []) {
        ids.forEach((id) => this.ids.add(id));
        this.isAsked = true;
        return this.isBusy ? Promise.resolve() : this.work();
    }

    async work() {
        this.isBusy = true;
        while (this.isAsked && !this.isStopped) {
            const ids = [...this.ids];
            this.ids.clear();
            this.isAsked = false;
            await this.read(ids);
            await new Promise((resolve) => (this.timer = setTimeout(resolve, this.restMs)));
        }
        this.isBusy = false;
    }

    stop() {
        this.isStopped = true;
        clearTimeout(this.timer);
    }
}
